/**
 * @file A summary as a Mermaid flowchart, for READMEs and wikis that draw it.
 */
import { formatMultiplyAdds, formatName, formatOutput } from "./format.js";
import type { Summary } from "./summary.js";

/** One box a row, from the image down. */
export function renderMermaid(summary: Summary): string {
  const boxes = summary.rows.map((row, index) => {
    const cost = row.multiplyAdds > 0 ? `<br/>${formatMultiplyAdds(row.multiplyAdds)}` : "";
    return `  n${index}["${formatName(row)}<br/>${formatOutput(row.output)}${cost}"]`;
  });
  const main = summary.rows.flatMap(({ name }, index) => (isSide(name) ? [] : [index]));
  const arrows = main.slice(1).map((to, at) => `  n${main[at]} --> n${to}`);
  const side = summary.rows.flatMap(({ name }, index) => (isSide(name) ? [index] : []));
  const from = summary.rows.findIndex(({ name }) => /ResNet-B$|^block17_20$/.test(name));
  const sideArrows = side.map((to, at) => `  n${at === 0 ? from : side[at - 1]} --> n${to}`);
  return `flowchart TD\n${[...boxes, ...arrows, ...sideArrows].join("\n")}\n`;
}

function isSide(name: string): boolean {
  return name.startsWith("Auxiliary") || name.startsWith("aux_");
}
