/**
 * @file One block as the paper's figures draw it: branches side by side, what joins them, and the
 * way past them that makes a block residual. All of it is read from the graph.
 */
import type { AnyNode, Graph, Value } from "../graph/ir.js";
import { box, label, line, type Point } from "./svg-shapes.js";

/** A drawing whose top left corner is 0, 0. */
export interface Figure {
  readonly width: number;
  readonly height: number;
  readonly content: string;
}

const cell = { width: 120, height: 26, gap: 8 } as const;
const step = cell.height + cell.gap;
/** Room for the way past the branches. */
const lane = 22;

/** The figure of blocks in a row; none when there is but one layer to draw. */
export function drawBlocks(graph: Graph, blocks: readonly string[]): Figure | undefined {
  const [block = ""] = blocks;
  const branches = branchesOf(graph, block);
  if (branches.length > 0) return drawBranches(graph, blocks, branches);
  const chain = blocks.flatMap((name) => layersUnder(graph, name));
  return chain.length > 1 ? drawChain(chain) : undefined;
}

function branchesOf(graph: Graph, block: string): AnyNode[][] {
  const branches = new Map<string, AnyNode[]>();
  for (const node of layersUnder(graph, block)) {
    const [, branch = ""] = node.name.split("/");
    if (!branch.startsWith("branch_")) continue;
    branches.set(branch, [...(branches.get(branch) ?? []), node]);
  }
  return [...branches.values()];
}

function layersUnder(graph: Graph, block: string): AnyNode[] {
  const drawn = ["conv2d", "max_pool", "avg_pool", "linear"];
  return graph.nodes.filter(
    ({ op, name }) => drawn.includes(op) && (name === block || name.startsWith(`${block}/`)),
  );
}

function drawChain(chain: readonly AnyNode[]): Figure {
  const height = chain.length * step - cell.gap;
  const centre = cell.width / 2;
  const cells = chain.map((node, row) => drawLayer(node, [0, row * step]));
  const wire = line("wire", [centre, 0], [centre, height]);
  return { width: cell.width, height, content: [wire, ...cells].join("\n") };
}

function drawBranches(
  graph: Graph,
  blocks: readonly string[],
  branches: readonly AnyNode[][],
): Figure {
  const [block = ""] = blocks;
  const rows = Math.max(...branches.map((branch) => branch.length));
  const width = branches.length * (cell.width + cell.gap) - cell.gap;
  const top = cell.gap + 4;
  const joinTop = top + rows * step;
  const parts: string[] = [];
  branches.forEach((branch, column) => {
    const x = column * (cell.width + cell.gap);
    const centre = x + cell.width / 2;
    const first = top + (rows - branch.length) * step;
    parts.push(line("wire", [centre, 0], [centre, joinTop]));
    branch.forEach((node, row) => {
      parts.push(drawLayer(node, [x, first + row * step]));
    });
  });
  const joins = joinTexts(graph, block);
  joins.forEach((text, row) => {
    const y = joinTop + row * step;
    if (row > 0) parts.push(line("wire", [width / 2, y - cell.gap], [width / 2, y]));
    parts.push(drawCell("join", [0, y], width, text));
  });
  const bottom = joinTop + joins.length * step - cell.gap;
  const isResidual = joins.length > 1;
  const right = width + lane;
  const sum = bottom - cell.height / 2;
  const start: Point = [cell.width / 2, 0];
  parts.unshift(
    isResidual
      ? line("flow", start, [right, 0], [right, sum], [width, sum])
      : line("wire", start, [width - cell.width / 2, 0]),
  );
  const exceptions = exceptionTexts(graph, blocks, joins);
  exceptions.forEach((text, row) => {
    parts.push(label([width / 2, bottom + 16 * (row + 1)], "small", text));
  });
  return {
    width: isResidual ? right : width,
    height: bottom + 16 * exceptions.length,
    content: parts.join("\n"),
  };
}

/** What follows the branches, from top to bottom. */
function joinTexts(graph: Graph, block: string): string[] {
  const find = (name: string) => graph.nodes.find((node) => node.name === name);
  const joined = find(block) ?? find(`${block}/concat`);
  const concat = `concat ${channels(joined?.outputs[0])}`;
  const up = find(`${block}/up/conv`);
  if (!up) return [concat];
  const scale = find(`${block}/scale`);
  const factor = scale?.op === "scale" ? `${scale.attributes.factor} · ` : "";
  const relu = find(`${block}/relu`) ? ", ReLU" : "";
  return [concat, `up: 1×1 ${channels(up.outputs[0])}, linear`, `x + ${factor}up${relu}`];
}

/** The blocks of a stage that end in another way than the first: `block8_10: x + up`. */
function exceptionTexts(
  graph: Graph,
  [, ...others]: readonly string[],
  joins: readonly string[],
): string[] {
  return others.flatMap((block) => {
    const end = joinTexts(graph, block).at(-1);
    return end === joins.at(-1) ? [] : [`${block}: ${end}`];
  });
}

function drawLayer(node: AnyNode, at: Point): string {
  return drawCell(node.op.endsWith("pool") ? "pool" : "conv", at, cell.width, layerText(node));
}

function drawCell(
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

function channels(value: Value | undefined): number {
  return value?.shape[1] ?? 0;
}
