/**
 * @file A summary as one page: the totals, the table and the drawing, with nothing to load.
 */
import { titleOf } from "../architecture/architecture.js";
import type { Graph } from "../graph/ir.js";
import type { Summary } from "./summary.js";
import { renderSvg } from "./svg.js";
import { escapeText } from "./svg-shapes.js";
import { summaryCells, summaryTotals } from "./table.js";

/** A self-contained HTML page, light or dark as the reader prefers. */
export function renderHtml(graph: Graph, summary: Summary): string {
  const title = escapeText(titleOf(summary.name));
  const { headings, rows } = summaryCells(summary);
  const head = headings.map((heading) => `<th scope="col">${heading}</th>`).join("");
  const body = rows.map(([name = "", ...cells]) => {
    const rest = cells.map((one) => `<td>${escapeText(one)}</td>`).join("");
    return `<tr><th scope="row">${escapeText(name)}</th>${rest}</tr>`;
  });
  const totals = summaryTotals(summary).map((sentence) => `<li>${sentence}</li>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<ul>${totals.join("")}</ul>
<div class="scroll" role="region" aria-labelledby="caption" tabindex="0"><table>
<caption id="caption">Shapes are height × width × channels. “Sees” is the receptive field of one cell and
“Stride” the way to the next cell, in pixels of the image.</caption>
<thead><tr>${head}</tr></thead>
<tbody>
${body.join("\n")}
</tbody>
</table></div>
<figure>
${renderSvg(graph, summary)}<figcaption>Kernel, channels, then /2 for a stride of 2 and V where the edge is not padded.
Each convolution is followed by batch norm and ReLU, save the linear ones.</figcaption>
</figure>
</main>
</body>
</html>
`;
}

const style = `
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; color: #1d2733; background: #fff; margin: 0; }
main { max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption, figcaption { color: #4d5866; text-align: left; padding: 0.5rem 0; }
th, td { padding: 0.3rem 0.6rem; border-bottom: 1px solid #8884; text-align: right; white-space: nowrap; }
th:first-child, th:nth-child(2), td:nth-child(2) { text-align: left; }
tbody th { font-weight: normal; }
figure { margin: 1.5rem 0; }
figure svg { width: 100%; max-width: 56rem; height: auto; }
@media (prefers-color-scheme: dark) {
  body { color: #e6ebf2; background: #161b22; }
  caption, figcaption { color: #b4bfcc; }
}
`;
