/**
 * @file One block as the paper's figures draw it: branches side by side, what joins them, and the
 * way past them that makes a block residual. All of it is read from the graph.
 */
import type { AnyNode, Graph } from "../graph/ir.js";
import { branchRows, cell, channels, drawBranch, drawCell, drawLayer, step } from "./svg-branch.js";
import { label, line, type Point } from "./svg-shapes.js";

/** A drawing whose top left corner is 0, 0. */
export interface Figure {
  readonly width: number;
  readonly height: number;
  readonly content: string;
}

/** Room for the way past the branches. */
const lane = 22;

/**
 * The figure of blocks in a row; none when there is but one layer to draw. Of blocks that are repeated
 * the first stands for all.
 */
export function drawBlocks(
  graph: Graph,
  blocks: readonly string[],
  { areRepeated }: { readonly areRepeated: boolean },
): Figure | undefined {
  const [block = ""] = blocks;
  const repeated = areRepeated ? branchesOf(graph, block) : [];
  if (repeated.length > 0) return drawBranches(graph, blocks, repeated);
  const figures: Figure[] = [];
  let chain: AnyNode[] = [];
  for (const name of blocks) {
    const branches = branchesOf(graph, name);
    if (branches.length === 0) {
      chain.push(...layersUnder(graph, name));
      continue;
    }
    if (chain.length > 0) figures.push(drawChain(chain));
    chain = [];
    figures.push(drawBranches(graph, [name], branches));
  }
  if (chain.length > (figures.length > 0 ? 0 : 1)) figures.push(drawChain(chain));
  return figures.length > 1 ? stack(figures) : figures[0];
}

/** Figures one under the other, each joined to the next. */
function stack(figures: readonly Figure[]): Figure {
  const centre = cell.width / 2;
  let top = 0;
  const parts = figures.flatMap(({ content, height }, at) => {
    const placed = `<g transform="translate(0 ${top})">${content}</g>`;
    const wire = line("wire", [centre, top - cell.gap], [centre, top]);
    top += height + cell.gap;
    return at === 0 ? [placed] : [wire, placed];
  });
  const width = Math.max(...figures.map((one) => one.width));
  return { width, height: top - cell.gap, content: parts.join("\n") };
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
  const drawn = branches.map(branchRows);
  const rows = Math.max(...drawn.map((branch) => branch.length));
  const width = branches.length * (cell.width + cell.gap) - cell.gap;
  const top = cell.gap + 4;
  const joinTop = top + rows * step;
  const parts: string[] = [];
  drawn.forEach((branch, column) => {
    const at: Point = [column * (cell.width + cell.gap), top + (rows - branch.length) * step];
    parts.push(...drawBranch(branch, at, joinTop));
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
