/**
 * @file Predictions and confusion matrix as CSV (RFC 4180, with line feeds), for other programs.
 */
import type { Evaluation, ImagePrediction } from "./metrics.js";

const columns = [
  "file",
  "actual",
  "predicted",
  "probability",
  "probabilityOfActual",
  "rank",
] as const satisfies readonly (keyof ImagePrediction)[];

/** A row per image; `rank` is the place of its class, 1 where the prediction is right. */
export function predictionsCsv(predictions: readonly ImagePrediction[]): string {
  return csv([columns, ...predictions.map((one) => columns.map((column) => one[column]))]);
}

/** A row per true class and a column per predicted class, with images counted. */
export function confusionCsv({ perClass, confusion }: Evaluation): string {
  const labels = perClass.map(({ label }) => label);
  return csv([["actual", ...labels], ...confusion.map((row, at) => [labels[at] ?? "", ...row])]);
}

function csv(rows: readonly (readonly (string | number)[])[]): string {
  return rows.map((row) => `${row.map(cell).join(",")}\n`).join("");
}

function cell(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
