/**
 * @file The report on a dataset as text for a terminal.
 */
import { leftOutLines } from "../image/left-out.js";
import { quoted } from "./folders.js";
import type { ClassCount, DataReport, DuplicateGroup, ReportedFile } from "./inspect.js";

/** Classes up to which all are listed, and how many of the largest and smallest beyond that. */
const allListed = 60;
const largestListed = 30;
const smallestListed = 10;
/** Files named for each kind of warning. */
const filesNamed = 5;
/** Copies of one photo that are named. */
const copiesNamed = 3;
/** From this ratio of the largest to the smallest class on, imbalance is a warning. */
const imbalanceWarned = 10;

/** Several lines without a final newline: the counts, then a warning for each thing amiss. */
export function dataReportText(report: DataReport): string {
  const { classes, train, validation, notes, leftOut } = report;
  const total = `${amount(train, "training photo")} and ${amount(validation, "validation photo")}`;
  return [
    `Data in "${report.folder}": ${amount(classes.length, "class", "classes")}, ${total}`,
    ...classTable(classes),
    ...notes,
    ...leftOutLines(leftOut),
    ...[...imbalance(report), ...unmeasured(report)],
    ...[...unreadable(report), ...duplicates(report)],
  ].join("\n");
}

function classTable(classes: readonly ClassCount[]): string[] {
  const isLong = classes.length > allListed;
  const bySize = classes.toSorted((a, b) => b.train - a.train);
  const head = isLong ? bySize.slice(0, largestListed) : classes;
  const tail = isLong ? bySize.slice(-smallestListed) : [];
  const width = Math.max("class".length, ...[...head, ...tail].map(({ name }) => name.length));
  const line = (name: string, train: string, validation: string) =>
    `  ${name.padEnd(width)}  ${train.padStart(8)}  ${validation.padStart(10)}`;
  const row = ({ name, train, validation }: ClassCount) =>
    line(name, count(train), count(validation));
  const left = classes.length - head.length - tail.length;
  const more = isLong ? [`  ... ${amount(left, "class", "classes")} in between ...`] : [];
  return [line("class", "training", "validation"), ...head.map(row), ...more, ...tail.map(row)];
}

function imbalance({ classes, imbalance: ratio }: DataReport): string[] {
  const bySize = classes.toSorted((a, b) => b.train - a.train);
  const [largest, smallest] = [bySize[0], bySize.at(-1)];
  if (!largest || !smallest || largest.train === smallest.train) return [];
  const mark = ratio >= imbalanceWarned ? "warning: " : "";
  const sizes = `"${largest.name}" has ${count(largest.train)} training photos, "${smallest.name}" ${count(smallest.train)}`;
  return [`${mark}unbalanced ${ratio.toFixed(1)} to 1: ${sizes}`];
}

function unmeasured({ classes, validation }: DataReport): string[] {
  if (validation === 0) {
    return [
      "warning: no validation photos: the best epoch cannot be told, so the weights of the last are kept",
    ];
  }
  const names = classes.filter(({ validation }) => validation === 0).map(({ name }) => name);
  if (names.length === 0) return [];
  return [
    `warning: no validation photos of ${quoted(names)}: ${names.length === 1 ? "its" : "their"} accuracy cannot be measured`,
  ];
}

function unreadable({ unreadable: files }: DataReport): string[] {
  if (files.length === 0) return [];
  return [
    `warning: ${amount(files.length, "file")} cannot be read and ${files.length === 1 ? "is" : "are"} left out:`,
    ...firstOf(files, ({ message }) => message),
  ];
}

function duplicates({ duplicates: groups }: DataReport): string[] {
  const conflicts = groups.filter(({ crossesClasses }) => crossesClasses);
  const leaks = groups.filter(({ crossesSplits }) => crossesSplits);
  const inside = groups.filter((group) => !group.crossesSplits && !group.crossesClasses);
  return [
    ...groupsText(
      leaks,
      "in both training and validation, so validation figures are optimistic",
      splitAndPath,
    ),
    ...groupsText(conflicts, "under more than one class, so one label is wrong", splitAndPath),
    ...groupsText(inside, "more than once in the same class", ({ path }) => path),
  ];
}

function groupsText(
  groups: readonly DuplicateGroup[],
  where: string,
  nameFile: (file: ReportedFile) => string,
): string[] {
  if (groups.length === 0) return [];
  return [
    `warning: ${amount(groups.length, "photo")} ${groups.length === 1 ? "is" : "are"} ${where}; all copies are kept:`,
    ...firstOf(groups, ({ files }) => copies(files.map(nameFile))),
  ];
}

/** The first copies, and the last, which stands in another split or class where there is one. */
function copies(names: readonly string[]): string {
  if (names.length <= copiesNamed) return names.join(" = ");
  const shown = [...names.slice(0, copiesNamed - 1), names.at(-1)];
  return `${shown.join(" = ")} and ${amount(names.length - copiesNamed, "more copy", "more copies")}`;
}

function splitAndPath({ path, split }: ReportedFile): string {
  return `${path} (${split === "train" ? "training" : "validation"})`;
}

function firstOf<T>(list: readonly T[], describe: (one: T) => string): string[] {
  const lines = list.slice(0, filesNamed).map((one) => `  ${describe(one)}`);
  return list.length > filesNamed
    ? [...lines, `  ... and ${count(list.length - filesNamed)} more`]
    : lines;
}

function amount(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
