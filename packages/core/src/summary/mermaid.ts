/**
 * @file A summary as a Mermaid flowchart, for READMEs and wikis that draw it.
 */
import { formatMultiplyAdds, formatName, formatOutput } from "./format.js";
import type { Summary } from "./summary.js";

/** One box a row, and an arrow from each row that it reads. */
export function renderMermaid({ rows }: Summary): string {
  const ids = new Map(rows.map(({ name }, index) => [name, `n${index}`]));
  const boxes = rows.map((row) => {
    const cost = row.multiplyAdds > 0 ? `<br/>${formatMultiplyAdds(row.multiplyAdds)}` : "";
    return `  ${ids.get(row.name)}["${formatName(row)}<br/>${formatOutput(row.output)}${cost}"]`;
  });
  const arrows = rows.flatMap(({ name, reads }) =>
    reads.map((read) => `  ${ids.get(read)} --> ${ids.get(name)}`),
  );
  return `flowchart TD\n${[...boxes, ...arrows].join("\n")}\n`;
}
