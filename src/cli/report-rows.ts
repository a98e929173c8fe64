/**
 * @file Rows of what is said of weights that were read or written: a name, and what was found.
 */
import type { Parity } from "../export/parity.js";

/** A name and what is said of it. */
export type Row = readonly [name: string, text: string];

/** Lines with the names in a column. */
export function rowsText(rows: readonly Row[]): string {
  return rows.map(([name, text]) => `${name.padEnd(30)}${text}\n`).join("");
}

/** A few of many names. */
export function someOf(names: readonly string[]): string {
  if (names.length === 0) return "none";
  return `${names.length} (${names.slice(0, 3).join(", ")}${names.length > 3 ? ", ..." : ""})`;
}

/** What a comparison with a file on ONNX Runtime gave. */
export function parityRows(parity: Parity): Row[] {
  if ("reason" in parity) return [["Parity", `not compared: ${parity.reason}`]];
  return [
    ["Parity", "relative L2 distance to the file as ONNX Runtime runs it"],
    ...parity.map(({ at, difference }): Row => [`  ${at}`, difference.toExponential(1)]),
  ];
}
