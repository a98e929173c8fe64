/**
 * @file The style sheet of reports. Colours are variables, light first; paper is always light.
 */

/** CSS for the head of a report. */
export const reportStyle = `
:root {
  color-scheme: light dark;
  --text: #1d2733; --soft: #56616f; --page: #fff; --panel: #f5f7fa; --line: #d5dbe3;
  --first: #2563c9; --second: #c2570c;
  --hit: 37 99 201; --miss: 205 78 28; --deep: #fff; --bar: #2563c92e;
}
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--page); margin: 0; }
main { max-width: 76rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; display: grid; gap: 2rem;
  grid-template-columns: repeat(2, minmax(0, 1fr)); align-items: start; }
.wide { grid-column: 1 / -1; }
.stack { display: grid; gap: 2rem; min-width: 0; }
section, figure { min-width: 0; margin: 0; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 0 0 0.4rem; }
.note, .none { color: var(--soft); margin: 0 0 0.7rem; max-width: 46rem; }
dl, dd { margin: 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: 0.6rem; }
.tiles div { background: var(--panel); border-radius: 0.5rem; padding: 0.6rem 0.9rem; }
.tiles dt, .facts dt { color: var(--soft); font-size: 0.85rem; }
.tiles dd { font-size: 1.5rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 10.5rem), 1fr)); gap: 0.5rem 1.5rem; }
.facts dt, .facts dd { overflow-wrap: anywhere; }
.facts .long { grid-column: 1 / -1; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 1rem; }
.chart { background: var(--panel); border-radius: 0.5rem; padding: 0.7rem; break-inside: avoid; }
.chart figcaption { display: flex; flex-wrap: wrap; gap: 0 1rem; padding: 0 0.3rem 0.3rem; }
.key { color: var(--soft); font-size: 0.85rem; }
.key::before { content: ""; display: inline-block; width: 0.8em; height: 0.8em; border-radius: 0.2em;
  margin-right: 0.4em; background: var(--first); }
.key.validation::before { background: var(--second); }
.key.gap::before { background: color-mix(in srgb, var(--second) 30%, transparent); border: 1px solid var(--second); }
svg { display: block; width: 100%; max-width: 27rem; height: auto; margin: 0 auto; }
svg text { font: 11.5px system-ui, sans-serif; fill: var(--soft); font-variant-numeric: tabular-nums; }
.grid, .tick { stroke: var(--line); fill: none; }
.series path { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
.train path { stroke: var(--first); } .train circle, rect.accuracy { fill: var(--first); }
.validation path { stroke: var(--second); } .validation circle { fill: var(--second); }
rect.gap { fill: var(--second); fill-opacity: 0.3; stroke: var(--second); }
.diagonal { stroke: var(--text); stroke-dasharray: 4 4; opacity: 0.7; }
.scroll { overflow: auto; }
.tall { max-height: 62rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.figures { width: 100%; }
.figures th, .figures td { padding: 0.25rem 0.6rem; text-align: right; border-bottom: 1px solid var(--line); }
.figures th:first-child, .figures .text { text-align: left; overflow-wrap: break-word; max-width: 20rem; }
.figures thead th { position: sticky; top: 0; background: var(--page); color: var(--soft);
  font-size: 0.85rem; font-weight: 600; }
.figures tbody th { font-weight: normal; }
.figures .share { width: 17%; }
.bar { background: linear-gradient(var(--bar), var(--bar)) no-repeat left / calc(var(--share) * 100%) 70%; }
.matrix th { font-weight: normal; color: var(--soft); padding: 0.2rem; }
.matrix th span { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.matrix tbody th { text-align: right; position: sticky; left: 0; background: var(--page); padding-right: 0.5rem; }
.matrix tbody th span { max-width: 11rem; }
.matrix thead th { vertical-align: bottom; }
.matrix thead span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 9rem; margin: 0 auto; }
.matrix tbody td { text-align: center; padding: 0; border: 1px solid var(--line); min-width: var(--cell);
  height: var(--cell); }
.roomy { --cell: 2.7rem; } .close { --cell: 2rem; font-size: 0.85rem; } .dense { --cell: 1.4rem; font-size: 0.72rem; }
.dense th { padding: 0 0.2rem; line-height: 1.2; }
.matrix .hit { background: rgb(var(--hit) / var(--share)); }
.matrix .miss { background: rgb(var(--miss) / var(--share)); }
.matrix .own { background: rgb(var(--hit) / 0.08); }
.matrix .deep { color: var(--deep); }
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: 1rem; }
.gallery figure { background: var(--panel); border-radius: 0.5rem; overflow: hidden; break-inside: avoid; }
.picture { aspect-ratio: 1; position: relative; display: grid; place-items: center; background: var(--line); }
.picture img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; }
.picture .none { margin: 0; }
.gallery figcaption { padding: 0.5rem 0.6rem; font-size: 0.85rem; line-height: 1.4; }
.gallery figcaption > span { display: flex; justify-content: space-between; gap: 0.5rem; }
.gallery figcaption > span > span { overflow-wrap: anywhere; }
.gallery b { font-variant-numeric: tabular-nums; }
.predicted { color: var(--second); } .actual { color: var(--first); }
small { display: block; color: var(--soft); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
@media (max-width: 52rem) {
  main { grid-template-columns: minmax(0, 1fr); gap: 1.6rem; }
  .gallery { grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); gap: 0.7rem; }
  .figures { font-size: 0.85rem; }
  .figures th, .figures td { padding: 0.25rem 0.2rem; }
  .figures .share { width: auto; }
  .matrix tbody th span { max-width: 6rem; }
  .roomy { --cell: 1.8rem; font-size: 0.85rem; }
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --text: #e6ebf2; --soft: #a9b4c2; --page: #14191f; --panel: #1d242d; --line: #343e4b;
    --first: #6aa5f8; --second: #f0935a;
    --hit: 46 105 205; --miss: 190 80 36; --bar: #6aa5f838;
  }
}
@media print {
  :root { color-scheme: light; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { font-size: 12px; }
  .scroll, .tall { overflow: visible; max-height: none; }
  .figures tr { break-inside: avoid; }
  h2 { break-after: avoid; }
}
`;
