/**
 * @file Formats the numbers and shapes of a summary.
 */
import type { SummaryRow } from "./summary.js";

/** `35×35×320`, or `1000`. */
export function formatOutput(output: readonly number[]): string {
  return output.join("×");
}

/** `Inception-ResNet-A ×10`. */
export function formatName({ name, times }: Pick<SummaryRow, "name" | "times">): string {
  return times > 1 ? `${name} ×${times}` : name;
}

/** `55,873,736`. */
export function formatCount(value: number): string {
  return value.toLocaleString("en-US");
}

/** Multiply-adds in millions or billions: `149.9 M`, `13.156 G`. */
export function formatMultiplyAdds(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(3)} G`;
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)} M`;
  return formatCount(value);
}

/** Bytes in MiB. */
export function formatBytes(value: number): string {
  return `${(value / 2 ** 20).toFixed(1)} MiB`;
}

/** A receptive field such as `23`, or `23×31` where the axes differ. */
export function formatField([height, width]: readonly [number, number]): string {
  return height === width ? String(height) : `${height}×${width}`;
}

/** Seconds as `42 s`, `3 min 05 s` or `2 h 07 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two((whole % 3600) / 60)} min`;
}
