/**
 * @file Scales of a chart: values to places, and where the ticks are.
 */

/** From values to places along an axis. */
export interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

type Range = readonly [from: number, to: number];

/** Values that span more than this factor are drawn on a logarithmic scale. */
const logarithmicFactor = 50;
const targetTicks = 5;

/**
 * A scale that holds all values, which are finite and at least one, with round ends. It begins at
 * zero where that takes less than half of it.
 */
export function scaleFor(values: readonly number[], places: Range): Scale {
  const least = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  const low = least > 0 && least < high / 2 ? 0 : least;
  if (least > 0 && high / least > logarithmicFactor) return logarithmicScale([least, high], places);
  if (low === high) {
    const margin = Math.abs(low) / 2 || 0.5;
    return linearScale([low - margin, high + margin], places);
  }
  const step = niceStep(high - low);
  const ends: Range = [Math.floor(low / step) * step, Math.ceil(high / step) * step];
  return linearScale(ends, places, step);
}

/** A scale with a tick at each multiple of `step`, by default a round one that gives about five. */
export function linearScale(
  [from, to]: Range,
  [start, end]: Range,
  step = niceStep(to - from),
): Scale {
  const first = Math.ceil(from / step - 1e-9);
  const count = Math.floor(to / step + 1e-9) - first + 1;
  return {
    at: (value) => start + ((value - from) / (to - from)) * (end - start),
    ticks: Array.from({ length: count }, (_, tick) => cleaned((first + tick) * step)),
  };
}

function logarithmicScale([low, high]: Range, places: Range): Scale {
  const decades: Range = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const { at, ticks } = linearScale(decades, places, wholeStep(decades));
  return { at: (value) => at(Math.log10(value)), ticks: ticks.map((power) => 10 ** power) };
}

/** A round step of at least 1, for what comes in whole numbers. */
export function wholeStep([from, to]: Range): number {
  return Math.max(1, niceStep(to - from));
}

/** 1, 2 or 5 times a power of ten that gives about as many ticks as wanted. */
function niceStep(span: number): number {
  const rough = span / targetTicks;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((one) => one * power >= rough * 0.999) ?? 10;
  return factor * power;
}

/** Without the last bits that multiplication leaves, as in 0.30000000000000004. */
function cleaned(value: number): number {
  return Number(value.toPrecision(12));
}
