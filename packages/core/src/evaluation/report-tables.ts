/**
 * @file The parts of a report that are not drawings: confusion matrix, classes, pairs, mistakes.
 */
import { escapeText } from "../summary/svg-shapes.js";
import { classCells, formatCount, formatShare, weakestFirst } from "./format.js";
import type { ClassFigures, Evaluation, Mistake } from "./metrics.js";

/** With more classes than this the matrix shows only those that are confused most. */
const wholeMatrix = 50;
const partOfMatrix = 30;
const pairsShown = 15;

/** The confusion matrix as a coloured table. */
export function confusionTable({ perClass, confusion }: Evaluation): string {
  const isWhole = perClass.length <= wholeMatrix;
  const shown = isWhole ? perClass.map((_, index) => index) : mostConfused(confusion, partOfMatrix);
  const names = shown.map((index) => perClass[index]?.label ?? "");
  const rows = shown.map((actual) => {
    const row = confusion[actual] ?? [];
    const total = perClass[actual]?.images ?? 0;
    const cells = shown.map((predicted) => {
      const images = row[predicted] ?? 0;
      return matrixCell(images, total, actual === predicted, [
        perClass[actual]?.label ?? "",
        perClass[predicted]?.label ?? "",
      ]);
    });
    const others = total - shown.reduce((sum, predicted) => sum + (row[predicted] ?? 0), 0);
    if (!isWhole)
      cells.push(matrixCell(others, total, false, [perClass[actual]?.label ?? "", "others"]));
    const name = escapeText(perClass[actual]?.label ?? "");
    return `<tr><th scope="row" title="${name}"><span>${name}</span></th>${cells.join("")}</tr>`;
  });
  const heads = [...names, ...(isWhole ? [] : ["others"])].map((name) => {
    const text = escapeText(name);
    return `<th scope="col" title="${text}"><span>${text}</span></th>`;
  });
  const density = shown.length <= 12 ? "roomy" : shown.length <= 26 ? "close" : "dense";
  const part = isWhole
    ? ""
    : ` Shown are the ${shown.length} of ${formatCount(perClass.length)} classes that are confused most.`;
  const width = shown.length <= 6 ? "" : ' class="wide"'; // what half a page has room for
  return `<section${width}><h2>Confusion matrix</h2>
<p class="note">Rows are the true classes, columns the predicted ones; cells count images. The deeper the
colour, the larger the share of the row.${part}</p>
<div class="scroll" role="region" aria-label="Confusion matrix" tabindex="0"><table class="matrix ${density}">
<thead><tr><td class="corner"></td>${heads.join("")}</tr></thead>
<tbody>
${rows.join("\n")}
</tbody></table></div></section>`;
}

function matrixCell(
  images: number,
  total: number,
  isHit: boolean,
  [actual, predicted]: readonly [string, string],
): string {
  if (images === 0) return isHit ? '<td class="own"></td>' : "<td></td>";
  const share = images / total;
  const tip = escapeText(
    `${actual} → ${predicted}: ${formatCount(images)} (${formatShare(share)})`,
  );
  // mistakes are few, and would hardly show if their colour grew with the share itself
  const depth = (isHit ? share : Math.sqrt(share)).toFixed(2);
  const kind = `${isHit ? "hit" : "miss"}${Number(depth) > 0.7 ? " deep" : ""}`;
  return `<td class="${kind}" style="--share:${depth}" title="${tip}">${images}</td>`;
}

/** Indices of the classes that the most confused pairs are made of, in the order of the classes. */
function mostConfused(confusion: Evaluation["confusion"], count: number): number[] {
  const pairs = confusion
    .flatMap((row, actual) => row.map((images, predicted) => ({ images, actual, predicted })))
    .filter(({ images, actual, predicted }) => images > 0 && actual !== predicted)
    .sort((a, b) => b.images - a.images);
  const found = new Set<number>();
  for (const { actual, predicted } of pairs) {
    if (new Set([...found, actual, predicted]).size > count) break;
    found.add(actual).add(predicted);
  }
  return [...found].sort((a, b) => a - b);
}

/** Precision, recall and F1 of each class, the weakest first. */
export function classTable({ perClass }: Evaluation): string {
  const heads = ["Precision", "Recall", "F1"].map(
    (name) => `<th scope="col" class="share">${name}</th>`,
  );
  const rows = weakestFirst(perClass).map(classRow);
  return `<section><h2>Classes</h2>
<p class="note">The lowest F1 first.</p>
<div class="scroll tall" role="region" aria-label="Classes" tabindex="0"><table class="figures">
<thead><tr><th scope="col">Class</th><th scope="col">Images</th>${heads.join("")}</tr></thead>
<tbody>
${rows.join("\n")}
</tbody></table></div></section>`;
}

function classRow(one: ClassFigures): string {
  const [images, ...shares] = classCells(one);
  const values = [one.precision, one.recall, one.f1];
  const cells = shares.map(
    (cell, at) =>
      `<td class="bar" style="--share:${(values[at] ?? 0).toFixed(3)}"><span>${cell}</span></td>`,
  );
  return `<tr><th scope="row">${escapeText(one.label)}</th><td>${images}</td>${cells.join("")}</tr>`;
}

/** The pairs that were confused most often. */
export function pairTable({ confusedPairs }: Evaluation): string {
  const rows = confusedPairs.slice(0, pairsShown).map(({ actual, predicted, images, share }) => {
    return `<tr><th scope="row">${escapeText(actual)}</th><td class="text">${escapeText(predicted)}</td><td>${formatCount(images)}</td><td>${formatShare(share)}</td></tr>`;
  });
  const table = `<div class="scroll" role="region" aria-label="Most confused" tabindex="0"><table class="figures">
<thead><tr><th scope="col">Class</th><th scope="col" class="text">Taken for</th><th scope="col">Images</th><th scope="col">Of the class</th></tr></thead>
<tbody>
${rows.join("\n")}
</tbody></table></div>`;
  return `<section><h2>Most confused</h2>
${rows.length === 0 ? '<p class="none">No image was misclassified.</p>' : table}</section>`;
}

/** The worst mistakes, as pictures where there are such. */
export function mistakeGallery(
  { mistakes }: Evaluation,
  pictures: ReadonlyMap<string, string>,
): string {
  if (mistakes.length === 0) return "";
  const figures = mistakes.map((one) => mistakeFigure(one, pictures.get(one.file)));
  return `<section class="wide"><h2>Worst mistakes</h2>
<p class="note">The images whose actual class got the lowest probability: ✗ the predicted class,
✓ the actual class, and the probability of each.</p>
<div class="gallery">
${figures.join("\n")}
</div></section>`;
}

function mistakeFigure(one: Mistake, picture: string | undefined): string {
  const file = escapeText(one.file);
  const image = picture
    ? `<img src="${escapeText(picture)}" alt="${escapeText(one.actual)}">`
    : '<span class="none">no picture</span>';
  const line = (kind: string, sign: string, name: string, share: number) =>
    `<span class="${kind}"><span title="${escapeText(name)}">${sign} ${escapeText(name)}</span> <b>${formatShare(share)}</b></span>`;
  return `<figure title="${file}"><div class="picture">${image}</div><figcaption>${line("predicted", "✗", one.predicted, one.probability)}${line("actual", "✓", one.actual, one.probabilityOfActual)}<small>${escapeText(baseName(one.file))}</small></figcaption></figure>`;
}

function baseName(file: string): string {
  return file.split(/[\\/]/).at(-1) ?? file;
}
