/**
 * @file The network as a drawing: a box for each row of a summary, from the image down, and beside
 * it the block that it is made of.
 */
import type { Graph } from "../graph/ir.js";
import { formatCount, formatMultiplyAdds, formatName, formatOutput } from "./format.js";
import { auxiliaryTitle, type Summary, type SummaryRow, summarize } from "./summary.js";
import { drawBlocks, type Figure } from "./svg-block.js";
import { box, definitions, escapeText, label, line } from "./svg-shapes.js";

const margin = 28;
const gap = 22;
const stage = { width: 310, height: 52 } as const;
const figureLeft = margin + stage.width + 56;

/** Where a row stands on the page. */
interface Place {
  readonly row: SummaryRow;
  readonly figure: Figure | undefined;
  readonly top: number;
  readonly height: number;
}

/**
 * The drawing as one SVG element, light or dark as its surroundings. It shows stages or blocks: of a
 * summary by layers, the blocks.
 */
export function renderSvg(graph: Graph, summary: Summary): string {
  const drawn = summary.depth === "layer" ? summarize(graph, { depth: "block" }) : summary;
  const places = placeRows(graph, drawn);
  const widths = places.map(({ figure }) => (figure ? figureLeft + figure.width : figureLeft - 56));
  const last = places.at(-1);
  const size = [Math.max(...widths) + margin, (last ? last.top + last.height : 0) + margin];
  const title = `${summary.name}: ${formatCount(summary.totals.parameters)} parameters`;
  return `<svg xmlns="http://www.w3.org/2000/svg" class="irv2" viewBox="0 0 ${size.join(" ")}" role="img" aria-label="${escapeText(title)}">
${definitions}
<rect class="page" width="100%" height="100%"/>
${[...drawArrows(places), ...places.map(drawRow)].join("\n")}
</svg>
`;
}

/** One row under the other. A figure like the one before is left out, as in a run of equal blocks. */
function placeRows(graph: Graph, { rows, depth }: Summary): Place[] {
  let top = margin;
  let before: string | undefined;
  return rows.map((row) => {
    const blocks = depth === "stage" ? blocksOf(graph, row.name) : [row.name];
    const found = drawBlocks(graph, blocks, { areRepeated: row.times > 1 });
    const figure = found?.content === before ? undefined : found;
    before = found?.content;
    const height = Math.max(stage.height, figure?.height ?? 0);
    const place = { row, figure, top, height };
    top += height + gap;
    return place;
  });
}

function blocksOf(graph: Graph, title: string): readonly string[] {
  if (title !== auxiliaryTitle)
    return graph.stages.find((one) => one.title === title)?.blocks ?? [];
  const inStages = new Set(graph.stages.flatMap(({ blocks }) => blocks));
  return [...graph.blocks.keys()].filter((block) => !inStages.has(block));
}

function boxTop({ top, height }: Place): number {
  return top + (height - stage.height) / 2;
}

function drawRow(place: Place): string {
  const { row, figure } = place;
  const top = boxTop(place);
  const middle = top + stage.height / 2;
  const centre = margin + stage.width / 2;
  const shape = formatOutput(row.output);
  const parts = [
    box("stage", { x: margin, y: top, ...stage }),
    label([centre, top + (row.parameters > 0 ? 22 : 31)], "name", formatName(row), shape),
  ];
  if (row.parameters > 0) parts.push(label([centre, top + 40], "small", formatCosts(row)));
  if (figure) {
    const moved = `<g transform="translate(${figureLeft} ${place.top})">${figure.content}</g>`;
    parts.push(line("link", [margin + stage.width, middle], [figureLeft - 14, middle]), moved);
  }
  return parts.join("\n");
}

function formatCosts({ parameters, multiplyAdds }: SummaryRow): string {
  return `${formatCount(parameters)} parameters · ${formatMultiplyAdds(multiplyAdds)} multiply-adds`;
}

/** Straight down from the row before; along the left edge from a row further up. */
function drawArrows(places: readonly Place[]): string[] {
  const byName = new Map(places.map((place, index) => [place.row.name, { place, index }]));
  return places.flatMap((to, index) =>
    to.row.reads.flatMap((name) => {
      const from = byName.get(name);
      if (!from) return [];
      const [start, end] = [boxTop(from.place), boxTop(to)];
      const centre = margin + stage.width / 2;
      if (from.index === index - 1) {
        return [line("flow", [centre, start + stage.height], [centre, end])];
      }
      const [low, high, edge] = [start + stage.height / 2, end + stage.height / 2, margin / 2];
      return [line("flow", [margin, low], [edge, low], [edge, high], [margin, high])];
    }),
  );
}
