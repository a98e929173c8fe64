/**
 * @file Photos and their classes by a table instead of by folders.
 */
import type { InputError } from "@inception-resnet-v2/core/internal/errors.js";
import { quoted } from "../folders.js";
import { forEachConcurrently } from "../for-each-concurrently.js";
import type { SplitName } from "../split-names.js";
import { findPhoto } from "./find-photo.js";
import { invalid, RowProblems } from "./invalid.js";
import { type AnnotationRow, readRows } from "./rows.js";
import { readTable } from "./table.js";

/** A photo of a table. */
export interface AnnotatedPhoto {
  readonly file: string;
  /** Names of its classes: one, or any number in a multi-label table; none in a list of paths. */
  readonly labels: readonly string[];
  /** Undefined where the table has no splits. */
  readonly split?: SplitName;
}

/** The photos of a table that are there, in its order. */
export interface Annotations {
  readonly photos: readonly AnnotatedPhoto[];
  /** Whether a photo can have several classes, or none. */
  readonly isMultiLabel: boolean;
  /** Paths of rows whose file is not there. */
  readonly missing: readonly string[];
  /** What else there is to know, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Reads a table; paths are relative to `folder`. `needsLabels` takes, where the table has no labels,
 * the name of the folder that a photo lies in for its class. Throws `InputError` when the table
 * cannot be used or none of its files is there.
 */
export async function readAnnotations(
  file: string,
  folder: string,
  { needsLabels }: { readonly needsLabels: boolean },
): Promise<Annotations> {
  const table = await readTable(file);
  const { rows, isMultiLabel } = readRows(table, file);
  const notes: string[] = [];
  if (table.unused.length > 0) notes.push(`columns of "${file}" not used: ${quoted(table.unused)}`);
  const isUnlabelled = rows.every(({ labels }) => labels === undefined);
  if (isUnlabelled && needsLabels) {
    notes.push(`"${file}" has no labels: the class of a photo is the folder that it lies in`);
  }
  const labelled = isUnlabelled && needsLabels ? byFolder(rows, file) : rows;
  const found: (string | undefined)[] = [];
  await forEachConcurrently(labelled, async ({ path }, at) => {
    found[at] = await findPhoto(folder, path);
  });
  const missing = labelled.flatMap(({ path }, at) => (found[at] === undefined ? [path] : []));
  if (missing.length === labelled.length) throw allMissing(file, folder, missing);
  const { photos, repeated } = joinRows(labelled, found, file);
  if (repeated > 0) notes.push(`${repeated} of the rows of "${file}" repeat another`);
  return { photos, isMultiLabel, missing, notes };
}

/** A warning on rows whose file is not there. */
export function missingNote(table: string, { missing }: Pick<Annotations, "missing">): string[] {
  if (missing.length === 0) return [];
  return [`warning: ${missing.length} of the files in "${table}" are not there: ${missing[0]}`];
}

function allMissing(file: string, folder: string, [first = ""]: readonly string[]): InputError {
  return /^https?:/.test(first)
    ? invalid(file, `paths of files, got the address "${first}"`)
    : invalid(file, `paths of files in "${folder}", got none that is there, the first "${first}"`);
}

/** Rows with the name of the last folder of the path for a label. */
function byFolder(rows: readonly AnnotationRow[], file: string): readonly AnnotationRow[] {
  const problems = new RowProblems();
  const labelled = rows.map((row) => {
    const name = row.path.split(/[\\/]/).at(-2) ?? "";
    if (/^\.*$/.test(name)) problems.add("a label or a folder in every row", "neither", row.line);
    return { ...row, labels: [name.normalize("NFC")] };
  });
  problems.check(file);
  return labelled;
}

/** Each photo once. Throws `InputError` where two rows disagree about one. */
function joinRows(
  rows: readonly AnnotationRow[],
  files: readonly (string | undefined)[],
  table: string,
): { photos: readonly AnnotatedPhoto[]; repeated: number } {
  const problems = new RowProblems();
  const photos = new Map<string, AnnotatedPhoto & { readonly line: number }>();
  let repeated = 0;
  for (const [at, { line, labels = [], split }] of rows.entries()) {
    const file = files[at];
    if (file === undefined) continue;
    const known = photos.get(file);
    if (!known) photos.set(file, { line, file, labels, ...(split && { split }) });
    else if (known.labels.toSorted().join("\n") !== labels.toSorted().join("\n")) {
      const got = `${quoted(labels) || "none"} after ${quoted(known.labels) || "none"} in line ${known.line} for "${file}"`;
      problems.add("the same labels in all rows of a photo (several as one;two)", got, line);
    } else if (known.split !== split) {
      const got = `${split} after ${known.split} in line ${known.line} for "${file}"`;
      problems.add("one split for a photo", got, line);
    } else repeated++;
  }
  problems.check(table);
  return { photos: [...photos.values()].map(({ line: _, ...photo }) => photo), repeated };
}
