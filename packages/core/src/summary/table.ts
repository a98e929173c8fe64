/**
 * @file A summary as a table for the terminal.
 */
import {
  formatBytes,
  formatCount,
  formatField,
  formatMultiplyAdds,
  formatName,
  formatOutput,
} from "./format.js";
import type { Summary, SummaryRow } from "./summary.js";

const titles: Readonly<Record<Summary["depth"], string>> = {
  stage: "Stage",
  block: "Block",
  layer: "Layer",
};

/** The headings and cells of a summary: what the table and the page show. */
export function summaryCells(summary: Summary): { headings: string[]; rows: string[][] } {
  const headings = [titles[summary.depth], "Output", "Parameters", "Multiply-adds", "Depth"];
  headings.push("Activations", "Sees", "Stride");
  return { headings, rows: summary.rows.map(cells) };
}

function cells(row: SummaryRow): string[] {
  return [
    formatName(row),
    formatOutput(row.output),
    formatCount(row.parameters),
    formatMultiplyAdds(row.multiplyAdds),
    String(row.depth),
    formatBytes(row.activationBytes),
    formatField(row.receptiveField),
    formatField(row.stride),
  ];
}

/** The totals as sentences. */
export function summaryTotals({ totals }: Summary): string[] {
  return [
    `${formatCount(totals.parameters)} parameters, of which ${formatCount(totals.nonTrainable)} not trainable, in ${formatCount(totals.tensors)} tensors`,
    `${formatMultiplyAdds(totals.multiplyAdds)} multiply-adds per image, ${totals.convolutions} convolutions, ${totals.depth} weighted layers on the longest path`,
    `${formatBytes(totals.parameters * 4)} of weights, ${formatBytes(totals.activationBytes)} of activations per image, as float32`,
  ];
}

/** Aligned columns, a rule, and the totals. */
export function renderTable(summary: Summary): string {
  const { headings, rows } = summaryCells(summary);
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => (at < 2 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join("  ")
      .trimEnd();
  const rule = "─".repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  const table = [line(headings), rule, ...rows.map(line), rule];
  return `${[...table, ...summaryTotals(summary)].join("\n")}\n`;
}
