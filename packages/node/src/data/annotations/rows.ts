/**
 * @file The records of a table as rows whose fields hold: a path, labels, a split.
 */
import { type SplitName, splitOf } from "../split-names.js";
import { RowProblems } from "./invalid.js";
import type { Table } from "./table.js";

/** A row of a table. */
export interface AnnotationRow {
  readonly line: number;
  readonly path: string;
  /** Names of its classes, composed, each once; undefined where the table has no labels. */
  readonly labels?: readonly string[];
  /** Undefined where the table has no splits. */
  readonly split?: SplitName;
}

/** The rows of a table. */
export interface AnnotationRows {
  readonly rows: readonly AnnotationRow[];
  /** Whether some row has several labels, or an empty list of them. */
  readonly isMultiLabel: boolean;
}

/** Reads the rows of a table. Throws `InputError` that counts what is amiss. */
export function readRows({ records }: Table, file: string): AnnotationRows {
  const problems = new RowProblems();
  const hasLabels = records.some(({ label }) => label !== undefined && label !== "");
  const hasSplits = records.some(({ split }) => textOf(split) !== "");
  const isMultiLabel = records.some(({ label }) => Array.isArray(label) && label.length !== 1);
  const rows = records.map(({ line, ...fields }): AnnotationRow => {
    const path = textOf(fields.path);
    if (path === "") problems.add("a path in every row", "none", line);
    const labels = labelsOf(fields.label);
    if (!labels) problems.add("labels that are texts or numbers", "something else", line);
    if (hasLabels && labels?.length === 0 && !isMultiLabel) {
      problems.add("a label in every row", "none", line);
    }
    const name = textOf(fields.split);
    const split = splitOf(name);
    if (hasSplits && split === undefined) {
      const got = name === "" ? "none" : `"${name}"`;
      problems.add("train, val or test as the split of every row", got, line);
    }
    return { line, path, ...(hasLabels && labels && { labels }), ...(split && { split }) };
  });
  problems.check(file);
  return { rows, isMultiLabel };
}

/** The labels of a field; undefined where it holds something else. */
function labelsOf(field: unknown): readonly string[] | undefined {
  const list: readonly unknown[] = Array.isArray(field) ? field : [field ?? ""];
  if (list.some((one) => typeof one === "object")) return undefined;
  return [...new Set(list.map(textOf))].filter((one) => one !== "");
}

/** Trimmed and composed; empty where there is no text. */
function textOf(value: unknown): string {
  return typeof value === "object"
    ? ""
    : String(value ?? "")
        .trim()
        .normalize("NFC");
}
