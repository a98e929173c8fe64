/**
 * @file The words in which JSON that comes from outside is described: each says what a message calls it.
 *
 * A thin layer over zod's smallest build, which still takes some 40 ms to import: files that describe
 * something are imported where that is read, not before.
 */
import type { Range } from "@inception-resnet-v2/core/internal/ranges.js";
import * as z from "zod/mini";

/** What a value must be, and the type of those that are. */
export type Schema<T = unknown> = z.ZodMiniType<T>;

/** The type of the values that a schema accepts. */
export type Infer<S extends Schema> = z.infer<S>;

/** An object with these fields and no other. */
export function record<const S extends Readonly<Record<string, Schema>>>(shape: S) {
  const error = ({ code }: { readonly code?: string }) =>
    code === "unrecognized_keys" ? "no such field" : "an object";
  return z.readonly(z.strictObject(shape, { error }));
}

/** An object of which these fields matter; others may be there, and stay. */
export function part<const S extends Readonly<Record<string, Schema>>>(shape: S) {
  return z.readonly(z.looseObject(shape, { error: "an object" }));
}

/** A list of any length. */
export function list<S extends Schema>(item: S, expected = "a list") {
  return z.readonly(z.array(item, { error: expected }));
}

/** A list of two. */
export function pair<S extends Schema>(item: S, expected: string) {
  return z.readonly(z.tuple([item, item], { error: expected }));
}

/** A list of three. */
export function triple<S extends Schema>(item: S, expected: string) {
  return z.readonly(z.tuple([item, item, item], { error: expected }));
}

/** A text that is not empty. */
export function text(expected = "a text", holds = (value: string) => value !== "") {
  return z.string({ error: expected }).check(z.refine(holds, { error: expected }));
}

/** True or false. */
export function truth() {
  return z.boolean({ error: "true or false" });
}

/** A finite number, within a range. */
export function number({ expected, holds }: Range = { expected: "a number", holds: () => true }) {
  return z.number({ error: expected }).check(z.refine(holds, { error: expected }));
}

/** One of some texts. */
export function oneOf<const T extends readonly string[]>(names: T) {
  return z.enum(names, { error: `one of ${names.join(", ")}` });
}

/** This value alone. */
export function only<const T extends string | number>(value: T) {
  return z.literal(value, { error: String(value) });
}

/** Objects that a field tells apart. */
export function variants<
  const S extends readonly [z.core.$ZodTypeDiscriminable, ...z.core.$ZodTypeDiscriminable[]],
>(field: string, options: S) {
  return z.discriminatedUnion(field, options, {
    error: (issue) =>
      issue.code === "invalid_union" && issue.options
        ? `one of ${String(issue.options).replaceAll(",", ", ")}`
        : "an object",
  });
}

/** Something of two kinds. */
export function either<A extends Schema, B extends Schema>(first: A, second: B, expected: string) {
  return z.union([first, second], { error: expected });
}

/** A value, or null. */
export function orNull<S extends Schema>(schema: S) {
  return z.nullable(schema);
}

/** A field that may be left out. */
export function optional<S extends Schema>(schema: S) {
  return z.exactOptional(schema);
}

/** A field that older files lack, and what they mean. */
export function orElse<S extends Schema>(schema: S, value: z.util.NoUndefined<z.output<S>>) {
  return z._default(schema, value);
}

/** A schema whose values must hold together; `field` is what a message blames. */
export function holding<S extends Schema>(
  schema: S,
  field: string,
  expected: string,
  holds: (value: z.output<S>) => boolean,
): S {
  return schema.check(z.refine(holds, { error: expected, path: field.split(".") }));
}
