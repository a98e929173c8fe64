/**
 * @file Names of classes from a file: a name a line, or JSON as Keras, timm and Hugging Face write it.
 */
import { readFile } from "node:fs/promises";
import { InputError } from "@inception-resnet-v2/core/internal/errors.js";

/**
 * Reads names by index: lines; a JSON list; a JSON object of names by index (or of lists that hold a
 * WordNet id and a name), or of indices by name; or the `config.json` of a Hugging Face model. Throws
 * `InputError` when it is none of them.
 */
export async function readLabels(file: string): Promise<readonly string[]> {
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    const got = cause.code === "ENOENT" ? "nothing of that name" : cause.code;
    throw new InputError(
      "LABELS_UNREADABLE",
      `Cannot read labels from "${file}": expected a file, got ${got}`,
      { cause },
    );
  });
  const plain = text.replace(/^\ufeff/, "");
  const labels = /^\s*[[{]/.test(plain)
    ? fromJson(parse(plain, file), file)
    : plain.split(/\r?\n/).map((line) => line.trim());
  while (labels.at(-1) === "") labels.pop();
  const empty = labels.indexOf("");
  if (labels.length > 0 && empty < 0) return labels;
  const got = labels.length === 0 ? "none" : `none for class ${empty}`;
  throw invalid(file, `a name for each class, got ${got}`);
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(file, "JSON after the first bracket, got something else", { cause });
  }
}

function fromJson(value: unknown, file: string): string[] {
  if (Array.isArray(value)) return value.map((one) => nameOf(one, file));
  if (!isObject(value)) throw invalid(file, "a list or an object, got something else");
  if (isObject(value["id2label"])) return fromJson(value["id2label"], file);
  const labels: string[] = [];
  for (const [key, one] of Object.entries(value)) {
    const byIndex = /^\d+$/.test(key) && typeof one !== "number";
    const index = byIndex ? Number(key) : one;
    const isFree = typeof index === "number" && Number.isInteger(index) && index >= 0;
    if (!isFree || index > 1e6 || labels[index] !== undefined) {
      throw invalid(
        file,
        `an index of its own for each class, got "${key}": ${JSON.stringify(one)}`,
      );
    }
    labels[index] = byIndex ? nameOf(one, file) : key;
  }
  return Array.from(labels, (label) => label ?? "");
}

/** A name, or a list of a WordNet id and a name, as in Keras' class index. */
function nameOf(value: unknown, file: string): string {
  if (typeof value === "string") return value.trim();
  if (Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === "string")) {
    return value.join(" ").trim();
  }
  throw invalid(file, `texts as names, got ${JSON.stringify(value)}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(file: string, expected: string, options?: ErrorOptions): InputError {
  return new InputError(
    "LABELS_INVALID",
    `Cannot use the labels in "${file}": expected ${expected}`,
    options,
  );
}
