/**
 * @file Which classes of a model the names of folders, or of labels in a table, mean.
 *
 * A name is that of a class, or one of its synonyms, or its WordNet id. Where the weights name no
 * class, numbers are indices, and as many names as classes are taken in their order, as Keras and
 * torchvision number folders.
 */
import { InputError } from "@inception-resnet-v2/core/internal/errors.js";
import {
  imagenetIds,
  imagenetLabels,
} from "@inception-resnet-v2/core/internal/predictions/imagenet-1k.js";
import { quoted } from "./folders.js";

/** The classes of a model. */
export interface ModelClasses {
  /** Names by index; none where nobody knows them. */
  readonly labels: readonly string[];
  /** How many there are. */
  readonly count: number;
}

/** What names mean. */
export interface MatchedClasses {
  /** The class of each name. */
  readonly places: ReadonlyMap<string, number>;
  /** Names of all classes by index, for reports. */
  readonly classes: readonly string[];
  /** How they were matched where it was not by name, one sentence. */
  readonly notes: readonly string[];
}

/** Finds the classes of names. Throws `InputError` where one is none of the model's, or several. */
export function matchClasses(
  names: readonly string[],
  { labels, count }: ModelClasses,
  place: string,
): MatchedClasses {
  const byName = matchNames(names, labels, place);
  if (byName) return byName;
  const indices = names.map((name) => (/^\d+$/.test(name) ? Number(name) : -1));
  if (indices.every((index) => index >= 0 && index < count)) {
    const [first = 0] = indices;
    const classes = labels.length > 0 ? labels : unnamed(count);
    const note = `the classes in "${place}" are numbers: they are taken for indices, so "${names[0]}" is "${classes[first]}"`;
    return { places: zip(names, indices), classes, notes: [note] };
  }
  if (labels.length === 0 && names.length === count) {
    const note = `the weights do not name their ${count} classes: the classes in "${place}" are taken in their order, "${names[0]}" for class 0 to "${names.at(-1)}" for class ${count - 1}`;
    return { places: zip(names, [...names.keys()]), classes: names, notes: [note] };
  }
  if (labels.length === 0) {
    throw new InputError(
      "CLASS_UNKNOWN",
      `Cannot label photos in "${place}": expected the names of the classes (labels), or ${count} classes as the weights have, got ${names.length}`,
    );
  }
  const composed = new Set(labels.map((label) => label.normalize("NFC")));
  const unknown = names.filter((name) => !composed.has(name));
  throw new InputError(
    "CLASS_UNKNOWN",
    `Cannot label photos in "${place}": expected classes named as the model's ${labels.length} (${quoted(labels, 3)}), got ${quoted(unknown)}`,
  );
}

/** Whether a name is that of a class. */
export function isClass(name: string, { labels }: ModelClasses): boolean {
  return (
    isId(name) || labels.some((label, index) => aliases(label, index, labels).includes(plain(name)))
  );
}

/** By names as they are, else by all that classes are known by. */
function matchNames(
  names: readonly string[],
  labels: readonly string[],
  place: string,
): MatchedClasses | undefined {
  if (labels.length === 0) return undefined;
  const exact = placesBy(labels.map((label) => [label.normalize("NFC")]));
  const known = placesBy(labels.map((label, index) => aliases(label, index, labels)));
  const places = new Map<string, number>();
  const others: string[] = [];
  for (const name of names) {
    const isExact = exact.has(name);
    const found = exact.get(name) ?? known.get(plain(name));
    if (found === undefined) return undefined;
    if (found.length > 1) {
      throw new InputError(
        "CLASS_AMBIGUOUS",
        `Cannot label photos in "${place}": expected names of one class of the model each, got "${name}", the name of several`,
      );
    }
    places.set(name, found[0] as number);
    if (!isExact) others.push(name);
  }
  const [first] = others;
  if (first === undefined) return { places, classes: labels, notes: [] };
  const how = isId(first) ? "WordNet id" : "synonym";
  const note = `${others.length} of the ${names.length} classes in "${place}" are found by ${how}, such as "${first}", which is "${labels[places.get(first) ?? -1]}"`;
  return { places, classes: labels, notes: [note] };
}

/** What a class is known by beside its name: synonyms, an id before them, the id of ImageNet's. */
function aliases(label: string, index: number, labels: readonly string[]): string[] {
  const [, id, rest] = /^(n\d{8})[\s,:]+(.*)$/.exec(label) ?? [];
  const isImagenet = labels.length === imagenetIds.length && label === imagenetLabels[index];
  const names = (rest ?? label).split(",").map(plain);
  const own = isImagenet ? imagenetIds[index] : id;
  return [...new Set([plain(label), ...names, ...(own === undefined ? [] : [own])])];
}

function placesBy(names: readonly (readonly string[])[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [index, own] of names.entries()) {
    for (const name of own) {
      const known = places.get(name);
      if (known) known.push(index);
      else places.set(name, [index]);
    }
  }
  return places;
}

/** Without case and kind of space, composed. */
function plain(name: string): string {
  return name
    .normalize("NFC")
    .toLowerCase()
    .replace(/[\s_]+/g, " ")
    .trim();
}

function isId(name: string): boolean {
  return /^n\d{8}$/i.test(name);
}

function unnamed(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `class ${index}`);
}

function zip(names: readonly string[], places: readonly number[]): Map<string, number> {
  return new Map(names.map((name, at) => [name, places[at] as number]));
}
