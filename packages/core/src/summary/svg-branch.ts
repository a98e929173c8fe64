/**
 * @file One branch of a block: layers one under the other, side by side where it forks.
 */
import type { AnyNode, Value } from "../graph/ir.js";
import { box, label, line, type Point } from "./svg-shapes.js";

/** Size of the box of a layer, and the distance to the next. */
export const cell = { width: 120, height: 26, gap: 8 } as const;

/** From the top of a box to that of the next. */
export const step = cell.height + cell.gap;

/** Layers that stand side by side, each in its column. */
type Row = readonly { readonly node: AnyNode; readonly column: number; readonly columns: number }[];

/** The layers of a branch by rows; those of a fork, `.../concat_0b/branch_1/...`, share their rows. */
export function branchRows(branch: readonly AnyNode[]): readonly Row[] {
  const rows: Row[] = [];
  for (let at = 0; at < branch.length; ) {
    const fork = forkOf(branch[at]);
    const end = branch.findIndex((node, index) => index > at && forkOf(node) !== fork);
    const group = branch.slice(at, end < 0 ? undefined : end);
    at += group.length;
    if (fork === undefined) rows.push(...group.map((node) => [{ node, column: 0, columns: 1 }]));
    else rows.push(...forkRows(group));
  }
  return rows;
}

/** The concatenation inside a branch that a layer belongs to. */
function forkOf(node: AnyNode | undefined): string | undefined {
  return /\/branch_\d+\/(concat_\w+)\//.exec(node?.name ?? "")?.[1];
}

function forkRows(group: readonly AnyNode[]): Row[] {
  const paths = new Map<string, AnyNode[]>();
  for (const node of group) {
    const path = node.name.split("/").slice(0, 4).join("/");
    paths.set(path, [...(paths.get(path) ?? []), node]);
  }
  const columns = [...paths.values()];
  const rows = Math.max(...columns.map((one) => one.length));
  return Array.from({ length: rows }, (_, row) =>
    columns.flatMap((nodes, column) => {
      const node = nodes[row - (rows - nodes.length)];
      return node ? [{ node, column, columns: columns.length }] : [];
    }),
  );
}

/** The boxes of a branch from a point down, and the wires through them from 0 to `bottom`. */
export function drawBranch(rows: readonly Row[], [x, top]: Point, bottom: number): string[] {
  const wires: string[] = [];
  const boxes: string[] = [];
  let [above, from] = [[x + cell.width / 2], 0];
  rows.forEach((row, at) => {
    const y = top + at * step;
    const [{ columns = 1 } = {}] = row;
    const width = (cell.width - (columns - 1) * cell.gap) / columns;
    const left = (column: number) => x + column * (width + cell.gap);
    for (const { node, column } of row) boxes.push(drawLayer(node, [left(column), y], width));
    const centres = Array.from({ length: columns }, (_, column) => left(column) + width / 2);
    if (centres.length === above.length) return;
    const turn = y - cell.gap / 2;
    for (const centre of above) wires.push(line("wire", [centre, from], [centre, turn]));
    const ends = [...above, ...centres];
    wires.push(line("wire", [Math.min(...ends), turn], [Math.max(...ends), turn]));
    [above, from] = [centres, turn];
  });
  for (const centre of above) wires.push(line("wire", [centre, from], [centre, bottom]));
  return [...wires, ...boxes];
}

/** A layer as a box at a point. */
export function drawLayer(node: AnyNode, at: Point, width: number = cell.width): string {
  return drawCell(node.op.endsWith("pool") ? "pool" : "conv", at, width, layerText(node));
}

/** A box with a text. */
export function drawCell(
  kind: "conv" | "pool" | "join",
  [x, y]: Point,
  width: number,
  text: string,
): string {
  return (
    box(kind, { x, y, width, height: cell.height }) + label([x + width / 2, y + 17], "small", text)
  );
}

/** `3×3 384 /2 V`: kernel, channels, stride, and V where the edge is not padded, as in the paper. */
function layerText(node: AnyNode): string {
  if (node.op === "conv2d") {
    const [, , ...kernel] = node.inputs[1]?.shape ?? [];
    return windowText(`${kernel.join("×")} ${channels(node.outputs[0])}`, kernel, node.attributes);
  }
  if (node.op === "max_pool" || node.op === "avg_pool") {
    const { kernel } = node.attributes;
    const text = `${node.op.slice(0, 3)} pool ${kernel.join("×")}`;
    return windowText(text, kernel, node.attributes);
  }
  return `FC ${channels(node.outputs[0])}`;
}

function windowText(
  text: string,
  kernel: readonly number[],
  { stride, padding }: { readonly stride: readonly number[]; readonly padding: readonly number[] },
): string {
  const strides = Math.max(...stride) > 1 ? ` /${Math.max(...stride)}` : "";
  const isValid = Math.max(...kernel) > 1 && Math.max(...padding) === 0;
  return `${text}${strides}${isValid ? " V" : ""}`;
}

/** Channels of an activation. */
export function channels(value: Value | undefined): number {
  return value?.shape[1] ?? 0;
}
