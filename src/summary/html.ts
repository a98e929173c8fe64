/**
 * @file A summary as one page: the table, the totals and the drawing, with nothing to load.
 */
import type { Graph } from "../graph/ir.js";
import type { Summary } from "./summary.js";
import { renderSvg } from "./svg.js";
import { summaryCells, summaryTotals } from "./table.js";

/** A self-contained HTML page, light or dark as the reader prefers. */
export function renderHtml(graph: Graph, summary: Summary): string {
  const { headings, rows } = summaryCells(summary);
  const head = headings.map((heading) => `<th scope="col">${heading}</th>`).join("");
  const body = rows.map(
    ([name = "", ...cells]) =>
      `<tr><th scope="row">${name}</th>${cells.map((one) => `<td>${one}</td>`).join("")}</tr>`,
  );
  const totals = summaryTotals(summary).map((line) => `<li>${line}</li>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Inception-ResNet-v2</title>
<style>
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 0.3rem 0.6rem; border-bottom: 1px solid #8884; text-align: right; white-space: nowrap; }
th:first-child, td:nth-child(2) { text-align: left; }
tbody th { font-weight: normal; }
svg { width: 100%; height: auto; margin-top: 1.5rem; border-radius: 8px; }
</style>
</head>
<body>
<h1>Inception-ResNet-v2</h1>
<ul>${totals.join("")}</ul>
<div class="scroll"><table>
<thead><tr>${head}</tr></thead>
<tbody>
${body.join("\n")}
</tbody>
</table></div>
${renderSvg(graph, summary)}</body>
</html>
`;
}
