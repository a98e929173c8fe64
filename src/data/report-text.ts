/**
 * @file What was found in a folder of photos, for the terminal.
 */
import type { DataReport, Duplicate } from "./inspect.js";

/** Classes listed at most; of more, the largest and smallest are. */
const listedClasses = 30;
/** Files named at most for each warning. */
const namedFiles = 3;
/** From here on an imbalance is worth a word. */
const worthyImbalance = 3;

/** The report as lines: the classes as a table, then what should be known. */
export function dataReportText(report: DataReport): string {
  const { folder, classes, train, validation } = report;
  const lines = [
    `${folder}: ${classes.length} classes, ${train} photos to train on, ${validation} to validate with`,
    "",
    ...classTable(report),
  ];
  const warnings = [
    ...imbalanceWarning(report),
    ...unreadableWarning(report),
    ...duplicateWarnings(report),
  ];
  if (warnings.length > 0) lines.push("", ...warnings);
  return `${lines.join("\n")}\n`;
}

function classTable({ classes }: DataReport): string[] {
  const sorted = [...classes].sort((a, b) => b.train - a.train);
  const isShort = classes.length <= listedClasses;
  const half = listedClasses / 2;
  const shown = isShort ? classes : [...sorted.slice(0, half), ...sorted.slice(-half)];
  const names = shown.map(({ label }) => (label.length > 40 ? `${label.slice(0, 39)}…` : label));
  const width = Math.max(5, ...names.map(({ length }) => length));
  const rows = shown.map(
    (row, at) =>
      `  ${(names[at] ?? "").padEnd(width)}${String(row.train).padStart(8)}${String(row.validation).padStart(12)}`,
  );
  if (!isShort) rows.splice(half, 0, `  … ${classes.length - listedClasses} more …`);
  return [`  ${"class".padEnd(width)}${"train".padStart(8)}${"validation".padStart(12)}`, ...rows];
}

function imbalanceWarning({ classes, imbalance }: DataReport): string[] {
  if (imbalance < worthyImbalance) return [];
  const sorted = [...classes].sort((a, b) => a.train - b.train);
  const [least, most] = [sorted[0], sorted.at(-1)];
  return [
    `! Classes differ in size: "${most?.label}" has ${most?.train} photos, "${least?.label}" ${least?.train}; --balanced or --class-weights evens that out.`,
  ];
}

function unreadableWarning({ unreadable }: DataReport): string[] {
  if (unreadable.length === 0) return [];
  const reasons = unreadable.slice(0, namedFiles).map(({ reason }) => `    ${reason}`);
  const more = unreadable.length - reasons.length;
  if (more > 0) reasons.push(`    and ${more} more`);
  const files = unreadable.length === 1 ? "1 file" : `${unreadable.length} files`;
  return [`! ${files} cannot be read and will be left out:`, ...reasons];
}

function duplicateWarnings({ duplicates }: DataReport): string[] {
  const kinds: [string, readonly Duplicate[]][] = [
    [
      "both to train on and to validate with, so the validation looks better than it is",
      duplicates.filter((one) => one.acrossSplits),
    ],
    ["in more than one class, so a label is wrong", duplicates.filter((one) => one.acrossClasses)],
    [
      "there twice on one side",
      duplicates.filter((one) => !one.acrossSplits && !one.acrossClasses),
    ],
  ];
  return kinds.flatMap(([text, list]) => {
    if (list.length === 0) return [];
    const shown = list.slice(0, namedFiles).map(({ files }) => `    ${files.join(" = ")}`);
    const more = list.length - shown.length;
    if (more > 0) shown.push(`    and ${more} more`);
    const photos = list.length === 1 ? "1 photo is" : `${list.length} photos are`;
    return [`! ${photos} ${text}:`, ...shown];
  });
}
