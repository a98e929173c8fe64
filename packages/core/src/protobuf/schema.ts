/**
 * @file Tables that describe messages of protocol buffers, and the types that follow from them.
 *
 *     const point = message("Point", { x: one("float", 1), tags: many("text", 4) });
 *     type Point = Message<typeof point>; // { x: number; tags: readonly string[] }
 */

/** What a field holds; `int` is any varint that is no zigzag one: int32, int64, an enum. */
export type Kind = "int" | "float" | "double" | "text" | "bytes" | MessageType;

/** A field: its number in the file, and whether it may be repeated. */
export interface Field {
  readonly id: number;
  readonly kind: Kind;
  readonly isList: boolean;
}

/** Fields by the names they have here. */
export type Fields = Readonly<Record<string, Field>>;

/** A kind of message; `name` is what error messages call it. */
export interface MessageType<F extends Fields = Fields> {
  readonly name: string;
  readonly fields: F;
  readonly byId: ReadonlyMap<number, readonly [key: string, field: Field]>;
}

type Single<K> =
  K extends MessageType<infer F>
    ? { readonly [Key in keyof F]: Value<F[Key]> }
    : K extends "text"
      ? string
      : K extends "bytes"
        ? Uint8Array
        : number;

type Value<F> = F extends { readonly kind: infer K; readonly isList: infer L }
  ? L extends true
    ? readonly Single<K>[]
    : K extends MessageType
      ? Single<K> | null
      : Single<K>
  : never;

/** A message as it is read: what the file leaves out is 0 or empty, a message null. */
export type Message<T extends MessageType> = Single<T>;

/** A message as it is written: fields may be left out, at any depth. */
export type Written<T> = T extends Uint8Array | string | number | null
  ? T
  : { readonly [Key in keyof T]?: Written<T[Key]> };

/** A kind of message by its fields, in the order in which they are written. */
export function message<const F extends Fields>(name: string, fields: F): MessageType<F> {
  const byId = new Map(Object.entries(fields).map((entry) => [entry[1].id, entry]));
  return { name, fields, byId };
}

/** A field that a message has once at most. */
export function one<const K extends Kind>(kind: K, id: number) {
  return { id, kind, isList: false } as const;
}

/** A field that a message may have several times; numbers are written packed, and read either way. */
export function many<const K extends Kind>(kind: K, id: number) {
  return { id, kind, isList: true } as const;
}
