/**
 * @file `results.csv`: a row an epoch, under names that group as TensorBoard's tags do.
 *
 * Numbers are written in full, so that what is read equals what was written. Cells of
 * validation are empty where there are no validation photos. The file is written whole, beside, and renamed: a run that is stopped never leaves half a table.
 */
import { readFile } from "node:fs/promises";
import { InputError } from "@inception-resnet-v2/core/internal/errors.js";
import type { EpochRow } from "@inception-resnet-v2/core/internal/evaluation/epoch-row.js";
import { writeText } from "../../files/write-file.js";

/** The columns in their order; the names are also those of the event file. */
const columns = {
  epoch: "epoch",
  trainLoss: "train/loss",
  trainTop1: "train/top1",
  validationLoss: "validation/loss",
  validationTop1: "validation/top1",
  validationTop5: "validation/top5",
  learningRate: "learningRate",
  imagesPerSecond: "imagesPerSecond",
  seconds: "seconds",
} as const satisfies Record<keyof EpochRow, string>;

const keys = Object.keys(columns) as (keyof EpochRow)[];
const header = Object.values(columns).join(",");

/** The figures of an epoch by the names of the columns, without the epoch: tags and their values. */
export function epochScalars(row: EpochRow): Readonly<Record<string, number>> {
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = row[key];
      return key === "epoch" || value === null ? [] : [[columns[key], value]];
    }),
  );
}

/** Writes the table of a run. */
export async function writeResults(path: string, rows: readonly EpochRow[]): Promise<void> {
  const lines = rows.map((row) => keys.map((key) => String(row[key] ?? "")).join(","));
  await writeText(path, [header, ...lines, ""].join("\n"));
}

/** Reads the table of a run. Throws `InputError` when it is not one. */
export async function readResults(path: string): Promise<EpochRow[]> {
  const [first = "", ...lines] = (await readFile(path, "utf8")).trimEnd().split(/\r?\n/);
  const fail = (line: number, problem: string) => {
    throw new InputError("RUN_RESULTS", `Cannot read "${path}", line ${line}: ${problem}`);
  };
  if (first !== header) fail(1, `expected "${header}", got "${first}"`);
  return lines.map((line, at) => {
    const cells = line.split(",");
    if (cells.length !== keys.length) {
      fail(at + 2, `expected ${keys.length} numbers, got "${line}"`);
    }
    const numbers = keys.map((key, column): [keyof EpochRow, number | null] => {
      const cell = cells[column] ?? "";
      if (cell === "" && key.startsWith("validation")) return [key, null];
      const value = Number(cell);
      if (cell.trim() === "" || (Number.isNaN(value) && cell !== "NaN")) {
        fail(at + 2, `expected a number for "${columns[key]}", got "${cell}"`);
      }
      return [key, value];
    });
    return Object.fromEntries(numbers) as unknown as EpochRow;
  });
}
