/**
 * @file An evaluation as text for the terminal.
 */
import { classCells, formatCount, formatCounted, headlines, weakestFirst } from "./format.js";
import type { Evaluation } from "./metrics.js";

/** With more classes than this only the weakest are listed. */
const classesShown = 50;
const pairsShown = 10;
/** Longest name of a class, in characters. */
const nameLength = 32;

/** Figures of the whole set, of each class, and the pairs that were confused most often. */
export function evaluationText(evaluation: Evaluation): string {
  const { perClass, confusedPairs, images } = evaluation;
  const isCut = perClass.length > classesShown;
  const shown = isCut ? weakestFirst(perClass).slice(0, classesShown) : perClass;
  const pairs = confusedPairs.slice(0, pairsShown);
  const sections = [
    [`${formatCounted(images, "image")}, ${formatCounted(perClass.length, "class")}`],
    columns(headlines(evaluation)),
    [
      ...(isCut ? [`The ${classesShown} classes with the lowest F1:`] : []),
      ...table(
        ["class", "images", "precision", "recall", "F1"],
        shown.map((one) => [cutName(one.label), ...classCells(one)]),
      ),
    ],
    confusedPairs.length === 0
      ? ["No image was misclassified."]
      : table(
          ["actual", "predicted", "images"],
          pairs.map((one) => [
            cutName(one.actual),
            cutName(one.predicted),
            formatCount(one.images),
          ]),
          2,
        ),
  ];
  return `${sections.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

/** A name that fits, without what could steer a terminal; the middle goes, as the ends differ. */
function cutName(name: string): string {
  const letters = [...name.replace(/\p{Cc}/gu, "\u{fffd}")];
  if (letters.length <= nameLength) return letters.join("");
  const head = Math.ceil((nameLength - 1) / 2);
  return [...letters.slice(0, head), "…", ...letters.slice(head + 1 - nameLength)].join("");
}

/** Columns under headings and a rule: the first `texts` to the left, the others to the right. */
function table(headings: readonly string[], rows: readonly (readonly string[])[], texts = 1) {
  const [head = "", ...lines] = columns([headings, ...rows], texts);
  return [head, "─".repeat(Math.max(...[head, ...lines].map(lengthOf))), ...lines];
}

function columns(rows: readonly (readonly string[])[], texts = 1): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => lengthOf(row[column] ?? ""))),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const space = " ".repeat((widths[column] ?? 0) - lengthOf(cell));
        return column < texts ? cell + space : space + cell;
      })
      .join("  ")
      .trimEnd(),
  );
}

function lengthOf(text: string): number {
  return [...text].length;
}
