/**
 * @file The network as a drawing: stages from the image down, and beside each the block it is made
 * of, with its branches side by side as in the paper's figures. All of it is read from the graph.
 */
import type { AnyNode, Graph, Value } from "../graph/ir.js";
import { formatCount, formatMultiplyAdds, formatName, formatOutput } from "./format.js";
import type { Summary } from "./summary.js";

const page = { width: 960, margin: 24 } as const;
const box = { width: 300, height: 52 } as const;
const cell = { width: 108, height: 26, gap: 8 } as const;
const left = page.margin + box.width + 56;

/** The drawing as one SVG element, readable in light and dark surroundings. */
export function renderSvg(graph: Graph, summary: Summary): string {
  const parts: string[] = [];
  let y: number = page.margin;
  summary.rows.forEach((row, index) => {
    const figure = summary.depth === "stage" ? blockFigure(graph, row.name) : undefined;
    const height = Math.max(box.height, figure?.height ?? 0);
    const middle = y + height / 2;
    const lines = [`${formatOutput(row.output)}`, row.parameters > 0 ? costs(row) : ""];
    parts.push(stageBox(page.margin, middle - box.height / 2, formatName(row), lines));
    if (figure) {
      parts.push(line(page.margin + box.width, middle, left - 16, middle, "link"));
      parts.push(`<g transform="translate(${left} ${y})">${figure.content}</g>`);
    }
    const next = y + height + 20;
    if (index < summary.rows.length - 1) {
      const x = page.margin + box.width / 2;
      parts.push(
        line(x, middle + box.height / 2, x, nextMiddle(graph, summary, index + 1, next), "flow"),
      );
    }
    y = next;
  });
  const size = `0 0 ${page.width} ${y + page.margin - 20}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${size}" role="img" aria-label="${summary.name}: ${formatCount(summary.totals.parameters)} parameters">
<style>${style}</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" class="tip"/></marker></defs>
<rect class="page" width="100%" height="100%"/>
${parts.join("\n")}
</svg>
`;
}

const style = `
text{font:13px system-ui,sans-serif;fill:#1d2733;text-anchor:middle}
.small{font-size:11px;fill:#55606e}.name{font-weight:600}
.page{fill:#fff}.stage{fill:#eef3fa;stroke:#7d95b5}.conv{fill:#e3efe4;stroke:#7fa685}
.pool{fill:#fbeedd;stroke:#c79a5b}.join{fill:#ece7f6;stroke:#9a86c4}
.flow,.link,.wire{fill:none;stroke:#7a8694}.link{stroke-dasharray:3 4}.tip{fill:#7a8694}
@media (prefers-color-scheme:dark){text{fill:#e6ebf2}.small{fill:#a9b4c2}.page{fill:#161b22}
.stage{fill:#202c3d}.conv{fill:#1f3324}.pool{fill:#3a2d1a}.join{fill:#2c2540}}`;

function costs(row: Summary["rows"][number]): string {
  const adds =
    row.multiplyAdds > 0 ? ` · ${formatMultiplyAdds(row.multiplyAdds)} multiply-adds` : "";
  return `${formatCount(row.parameters)} parameters${adds}`;
}

/** Where the box of a row begins, so that an arrow ends at it. */
function nextMiddle(graph: Graph, summary: Summary, index: number, y: number): number {
  const row = summary.rows[index];
  const figure = summary.depth === "stage" && row ? blockFigure(graph, row.name) : undefined;
  return y + (Math.max(box.height, figure?.height ?? 0) - box.height) / 2;
}

function stageBox(x: number, y: number, name: string, lines: readonly string[]): string {
  const centre = x + box.width / 2;
  const [shape = "", cost = ""] = lines;
  const title = `${name} <tspan class="small">${shape}</tspan>`;
  return `<rect class="stage" x="${x}" y="${y}" width="${box.width}" height="${box.height}" rx="6"/>
<text class="name" x="${centre}" y="${y + (cost === "" ? 31 : 22)}">${title}</text>
<text class="small" x="${centre}" y="${y + 40}">${cost}</text>`;
}

interface Figure {
  readonly height: number;
  readonly content: string;
}

/** The first block of a stage as columns of layers, if it has branches. */
function blockFigure(graph: Graph, title: string): Figure | undefined {
  const block = graph.stages.find((stage) => stage.title === title)?.blocks[0];
  if (block === undefined) return undefined;
  const branches = new Map<string, AnyNode[]>();
  for (const node of graph.nodes) {
    const [first, branch = ""] = node.name.split("/");
    if (first !== block || !branch.startsWith("branch_") || !isLayer(node)) continue;
    branches.set(branch, [...(branches.get(branch) ?? []), node]);
  }
  if (branches.size === 0) return undefined;
  return drawBranches(graph, block, [...branches.values()]);
}

function isLayer({ op }: AnyNode): boolean {
  return op === "conv2d" || op === "max_pool" || op === "avg_pool";
}

function drawBranches(graph: Graph, block: string, branches: readonly AnyNode[][]): Figure {
  const step = cell.height + cell.gap;
  const rows = Math.max(...branches.map((branch) => branch.length));
  const width = branches.length * (cell.width + cell.gap) - cell.gap;
  const parts: string[] = [];
  const top = 12;
  const joinY = top + rows * step;
  branches.forEach((branch, column) => {
    const x = column * (cell.width + cell.gap);
    const centre = x + cell.width / 2;
    const first = top + (rows - branch.length) * step;
    parts.push(line(centre, 2, centre, joinY, "wire"));
    branch.forEach((node, at) => {
      parts.push(
        small(
          x,
          first + at * step,
          cell.width,
          node.op === "conv2d" ? "conv" : "pool",
          layerText(node),
        ),
      );
    });
  });
  parts.unshift(line(cell.width / 2, 2, width - cell.width / 2, 2, "wire"));
  const find = (name: string) => graph.nodes.find((node) => node.name === name);
  const joined = find(block) ?? find(`${block}/concat`);
  const texts = [`concat ${channels(joined?.outputs[0])}`];
  const up = find(`${block}/up/conv`);
  if (up) {
    const scale = find(`${block}/scale`);
    const factor = scale?.op === "scale" ? scale.attributes.factor : 1;
    const relu = find(`${block}/relu`) ? ", ReLU" : "";
    texts.push(
      `1×1 linear ${channels(up.outputs[0])}`,
      `x + ${factor === 1 ? "" : `${factor} · `}that${relu}`,
    );
  }
  texts.forEach((text, at) => {
    if (at > 0)
      parts.push(
        line(width / 2, joinY + at * step - cell.gap, width / 2, joinY + at * step, "wire"),
      );
    parts.push(small(0, joinY + at * step, width, "join", text));
  });
  return { height: joinY + texts.length * step - cell.gap + 4, content: parts.join("\n") };
}

function layerText(node: AnyNode): string {
  if (node.op === "conv2d") {
    const [, , height, width] = node.inputs[1]?.shape ?? [];
    const [stride] = node.attributes.stride;
    return `${height}×${width} ${channels(node.outputs[0])}${stride > 1 ? ` /${stride}` : ""}`;
  }
  if (node.op !== "max_pool" && node.op !== "avg_pool") return node.op;
  const [kernel, stride] = [node.attributes.kernel, node.attributes.stride[0]];
  return `${node.op.slice(0, 3)} pool ${kernel.join("×")}${stride > 1 ? ` /${stride}` : ""}`;
}

function channels(value: Value | undefined): number {
  return value?.shape[1] ?? 0;
}

function small(x: number, y: number, width: number, kind: string, text: string): string {
  return `<rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${cell.height}" rx="4"/><text class="small" x="${x + width / 2}" y="${y + 17}">${text}</text>`;
}

function line(
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  kind: "flow" | "link" | "wire",
): string {
  const tip = kind === "flow" ? ' marker-end="url(#tip)"' : "";
  return `<path class="${kind}" d="M${x1} ${y1}L${x2} ${y2}"${tip}/>`;
}
