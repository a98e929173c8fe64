/**
 * @file Rows of the reports of `import` and `export`: a name and a finding.
 */

import { formatShape } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import type { Parity } from "../export/parity.js";
import type { TakenTensor } from "../export/tensor-list.js";

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

/** A line for each tensor: shape and name here, shape and name in the file. */
export function tensorLines(tensors: readonly TakenTensor[]): string {
  const cells = tensors.map(({ name, shape, from }) => [
    formatShape(shape),
    name,
    from ? formatShape(from.shape) : "",
    from?.name ?? "with its convolution",
  ]);
  const widths = [0, 1, 2].map((column) =>
    Math.max(0, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  return cells
    .map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}\n`)
    .join("");
}
