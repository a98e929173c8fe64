/**
 * @file What each opcode of a pickle does to the machine that reads it.
 *
 * Left out on purpose, and so refused: PERSID (ids as text), EXT1, EXT2 and EXT4 (code by number
 * from a registry), NEXT_BUFFER and READONLY_BUFFER (memory of another program).
 */
import { describeValue, type PickleMachine } from "./pickle-machine.js";

type Opcode = (machine: PickleMachine) => void;

/** Longest integer, in bytes or digits. */
const integerLimit = 255;

const texts: Readonly<Record<string, Opcode>> = {
  F: (m) => m.push(parseFloatText(m, m.line())),
  I: (m) => m.push(parseInteger(m, m.line())),
  L: (m) => m.push(parseInteger(m, m.line().replace(/L$/, ""))),
  S: (m) => m.push(parseQuoted(m, m.line())),
  V: (m) => m.push(parseEscaped(m.line())),
  c: (m) => m.push(m.global(m.line(), m.line())),
  g: (m) => m.recall(parseIndex(m, m.line())),
  i: (m) => {
    const target = m.global(m.line(), m.line());
    m.push(m.call(target, m.popMark()));
  },
  p: (m) => m.remember(parseIndex(m, m.line())),
};

const values: Readonly<Record<string, Opcode>> = {
  N: (m) => m.push(null),
  "\x88": (m) => m.push(true),
  "\x89": (m) => m.push(false),
  K: (m) => m.push(m.byte()),
  M: (m) => m.push(m.uint16()),
  J: (m) => m.push(m.int32()),
  G: (m) => m.push(m.float64()),
  "\x8a": (m) => m.push(toInteger(m.bytes(m.byte()))),
  "\x8b": (m) => m.push(toInteger(m.bytes(integerSize(m, m.uint32())))),
  // Python 2 wrote its texts as bytes: the names of tensors, for one
  U: (m) => m.push(m.text(m.byte())),
  T: (m) => m.push(m.text(m.uint32())),
  X: (m) => m.push(m.text(m.uint32())),
  "\x8c": (m) => m.push(m.text(m.byte())),
  "\x8d": (m) => m.push(m.text(m.uint64())),
  C: (m) => m.push(m.bytes(m.byte())),
  B: (m) => m.push(m.bytes(m.uint32())),
  "\x8e": (m) => m.push(m.bytes(m.uint64())),
  "\x96": (m) => m.push(m.bytes(m.uint64())),
};

const collections: Readonly<Record<string, Opcode>> = {
  "]": (m) => m.push([]),
  ")": (m) => m.push([]),
  "}": (m) => m.push(new Map()),
  "\x8f": (m) => m.push(new Set()),
  l: (m) => m.push(m.popMark()),
  t: (m) => m.push(m.popMark()),
  d: (m) => {
    const items = m.popMark();
    m.push(setItems(m, new Map(), items));
  },
  "\x91": (m) => m.push(new Set(m.popMark())),
  "\x85": (m) => pushTuple(m, 1),
  "\x86": (m) => pushTuple(m, 2),
  "\x87": (m) => pushTuple(m, 3),
  a: (m) => addItems(m, [m.pop()]),
  e: (m) => addItems(m, m.popMark()),
  "\x90": (m) => addItems(m, m.popMark()),
  s: (m) => {
    const value = m.pop();
    const key = m.pop();
    setItems(m, m.top(), [key, value]);
  },
  u: (m) => {
    const items = m.popMark();
    setItems(m, m.top(), items);
  },
};

const machinery: Readonly<Record<string, Opcode>> = {
  "(": (m) => m.mark(),
  "0": (m) => m.discard(),
  "1": (m) => void m.popMark(),
  "2": (m) => m.push(m.top()),
  q: (m) => m.remember(m.byte()),
  r: (m) => m.remember(m.uint32()),
  "\x94": (m) => m.remember(m.memo.size),
  h: (m) => m.recall(m.byte()),
  j: (m) => m.recall(m.uint32()),
  "\x80": (m) => {
    const protocol = m.byte();
    if (protocol > 5) throw m.failure(`expected a pickle of protocol 0 to 5, got ${protocol}`);
  },
  "\x95": (m) => void m.uint64(), // a frame: how much to read ahead
  Q: (m) => m.push(m.persistent(m.pop())),
};

const objects: Readonly<Record<string, Opcode>> = {
  "\x93": (m) => {
    const [name, module] = [m.pop(), m.pop()];
    if (typeof name !== "string" || typeof module !== "string") {
      throw m.failure(
        `expected the name of a global, got ${describeValue(module)} and ${describeValue(name)}`,
      );
    }
    m.push(m.global(module, name));
  },
  R: callOnStack,
  "\x81": callOnStack,
  "\x92": (m) => {
    m.pop(); // arguments by name, which nothing that is allowed has
    callOnStack(m);
  },
  o: (m) => {
    const [target, ...args] = m.popMark();
    m.push(m.call(target, args));
  },
  b: (m) => {
    m.pop();
    m.top();
  },
};

/** By code: what to do, or nothing where the reader has no such opcode. */
export const opcodes: readonly (Opcode | undefined)[] = (() => {
  const all = { ...texts, ...values, ...collections, ...machinery, ...objects };
  const byCode = new Map(Object.entries(all).map(([text, run]) => [text.charCodeAt(0), run]));
  return Array.from({ length: 256 }, (_, code) => byCode.get(code));
})();

function callOnStack(m: PickleMachine): void {
  const args = m.pop();
  m.push(m.call(m.pop(), args));
}

function pushTuple(m: PickleMachine, size: number): void {
  const items = Array.from({ length: size }, () => m.pop());
  m.push(items.reverse());
}

function addItems(m: PickleMachine, items: readonly unknown[]): void {
  const target = m.top();
  if (Array.isArray(target)) for (const item of items) target.push(item);
  else if (target instanceof Set) for (const item of items) target.add(item);
  else throw m.failure(`expected a list to add to, got ${describeValue(target)}`);
}

function setItems(m: PickleMachine, target: unknown, items: readonly unknown[]): unknown {
  if (!(target instanceof Map) || items.length % 2 !== 0) {
    throw m.failure(
      `expected keys and values for a dictionary, got ${items.length} values for ${describeValue(target)}`,
    );
  }
  for (let at = 0; at < items.length; at += 2) target.set(items[at], items[at + 1]);
  return target;
}

function integerSize(m: PickleMachine, size: number): number {
  if (size <= integerLimit) return size;
  throw m.failure(`expected integers of at most ${integerLimit} bytes, got ${size}`);
}

/** Two's complement, little-endian. */
function toInteger(bytes: Uint8Array): number | bigint {
  if (bytes.length === 0) return 0;
  const hex = Buffer.from(bytes).reverse().toString("hex");
  return narrow(BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex}`)));
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Digits; protocol 1 has 00 for false and 01 for true. */
function parseInteger(m: PickleMachine, text: string): number | bigint | boolean {
  if (text === "00" || text === "01") return text === "01";
  if (text.length > integerLimit || !/^-?\d+$/.test(text)) {
    throw m.failure(`expected an integer before byte ${m.at}, got another text`);
  }
  return narrow(BigInt(text));
}

function parseIndex(m: PickleMachine, text: string): number {
  const index = parseInteger(m, text);
  if (typeof index === "number" && index >= 0) return index;
  throw m.failure(`expected a place in the memo before byte ${m.at}, got another text`);
}

function parseFloatText(m: PickleMachine, text: string): number {
  if (/^-?inf$/.test(text)) return text === "inf" ? Infinity : -Infinity;
  if (text === "nan") return NaN;
  if (/^-?\d[\d.e+-]{0,40}$/.test(text)) return Number(text);
  throw m.failure(`expected a number before byte ${m.at}, got another text`);
}

/** A text in quotes; with escapes only Python 2 wrote one, and none is in a weight file. */
function parseQuoted(m: PickleMachine, text: string): string {
  const [, , inside] = /^(['"])([^\\]*)\1$/.exec(text) ?? [];
  if (inside !== undefined) return inside;
  throw m.failure(`expected a text in quotes before byte ${m.at}, got another one`);
}

/** Python's raw-unicode-escape: four digits after \u, eight after \U. */
function parseEscaped(text: string): string {
  const escaped = /\\u([\da-fA-F]{4})|\\U(000[\da-fA-F]{5}|0010[\da-fA-F]{4})/g;
  return text.replace(escaped, (_, short, long) =>
    String.fromCodePoint(Number.parseInt((short ?? long) as string, 16)),
  );
}
