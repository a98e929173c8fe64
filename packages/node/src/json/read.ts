/**
 * @file JSON from outside, read and checked: a value as its schema says, or in words what is wrong.
 */
import { quote } from "@inception-resnet-v2/core/internal/weights/quote.js";
import type { Infer, Schema } from "./schema.js";

/** What is wrong, in the words of a message: "expected <expected>, got <found>". */
export class JsonProblem extends Error {
  constructor(expected: string, path: Path, found: string) {
    const place = path.length === 0 ? "" : ` in "${placeOf(path)}"`;
    super(`expected ${expected}${place}, got ${found}`);
  }
}

/**
 * The value of a text, checked; a mark of byte order before it is no part of it. `within` is what a
 * message calls the text beside its fields, where it is a part of a file. Throws `JsonProblem`.
 */
export function readJson<S extends Schema>(schema: S, text: string, ...within: string[]): Infer<S> {
  return checkJson(schema, parseJson(text, within), ...within);
}

/** A value that is what its schema says. Throws `JsonProblem`, which names the first field that is not. */
export function checkJson<S extends Schema>(
  schema: S,
  value: unknown,
  ...within: string[]
): Infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw problemOf(result.error.issues[0], value, { within, path: [] });
}

function parseJson(text: string, within: Path): unknown {
  const json = text.replace(/^\uFEFF/, "").trim();
  if (json === "") throw new JsonProblem("JSON", within, "an empty text");
  try {
    return JSON.parse(json);
  } catch (error) {
    const { message } = error as SyntaxError;
    const [, position] = /position (\d+)/.exec(message) ?? [];
    const isCut = /unexpected (end|eof)|unterminated/i.test(message);
    const found = isCut || position === `${json.length}` ? "a text that breaks off" : "other text";
    throw new JsonProblem("JSON", within, found);
  }
}

type Issue = NonNullable<ReturnType<Schema["safeParse"]>["error"]>["issues"][number];
type Path = readonly PropertyKey[];

function problemOf(
  issue: Issue | undefined,
  root: unknown,
  before: { readonly within: Path; readonly path: Path },
): JsonProblem {
  const { within } = before;
  const path = [...before.path, ...(issue?.path ?? [])];
  if (issue?.code === "invalid_union") {
    // Of several kinds, the one that the value is meant to be: wrong inside, and not as a whole.
    const inside = issue.errors.find(
      ([first]) => first && (first.path.length > 0 || first.code === "unrecognized_keys"),
    );
    if (inside) return problemOf(inside[0], root, { within, path });
  }
  const blamed = issue?.code === "unrecognized_keys" ? [...path, issue.keys[0] ?? ""] : path;
  return new JsonProblem(issue?.message ?? "", [...within, ...blamed], foundAt(root, blamed));
}

/** As a program would write it: `phases[0].epochs`. */
function placeOf(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (/^\d+$/.test(String(key))) return `${text}[${String(key)}]`;
    return text === "" ? String(key) : `${text}.${String(key)}`;
  }, "");
}

function foundAt(root: unknown, path: Path): string {
  const found = path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, key)
        ? Reflect.get(value, key)
        : undefined,
    root,
  );
  return typeof found === "number" ? String(found) : quote(found); // JSON has no infinity
}
