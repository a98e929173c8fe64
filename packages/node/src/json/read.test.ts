import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkJson, JsonProblem, readJson } from "./read.js";
import {
  either,
  holding,
  list,
  number,
  oneOf,
  only,
  optional,
  orElse,
  orNull,
  pair,
  record,
  text,
  truth,
  variants,
} from "./schema.js";

const schema = record({
  name: text(),
  count: orNull(number({ expected: "a number above 0", holds: (value) => value > 0 })),
  isOn: truth(),
  kind: orElse(oneOf(["plain", "fancy"]), "plain"),
  note: optional(text()),
  size: pair(number(), "two numbers"),
  crop: either(only("none"), record({ area: number() }), '"none" or a crop'),
  shape: variants("kind", [
    record({ kind: only("circle"), radius: number() }),
    record({ kind: only("point") }),
  ]),
  steps: holding(
    list(record({ at: number() })),
    "0.at",
    "steps from 1",
    ([first]) => first?.at === 1,
  ),
});

const good = {
  name: "a",
  count: 2,
  isOn: true,
  kind: "fancy",
  size: [1, 2],
  crop: { area: 3 },
  shape: { kind: "circle", radius: 1 },
  steps: [{ at: 1 }, { at: 5 }],
};

const problem = (message: string) => (error: unknown) => {
  assert.ok(error instanceof JsonProblem);
  assert.equal(error.message, message);
  return true;
};

describe("checkJson()", () => {
  it("gives what a schema accepts, with what older files lack", () => {
    assert.deepEqual(checkJson(schema, good), good);
    const { kind: _, ...older } = good;
    assert.deepEqual(checkJson(schema, { ...older, count: null, crop: "none", note: "n" }), {
      ...good,
      kind: "plain",
      count: null,
      crop: "none",
      note: "n",
    });
  });

  const cases: [change: object, message: string][] = [
    [{ name: 3 }, 'expected a text in "name", got 3'],
    [{ name: "" }, 'expected a text in "name", got ""'],
    [{ name: undefined }, 'expected a text in "name", got nothing'],
    [{ count: -1 }, 'expected a number above 0 in "count", got -1'],
    [{ count: Number.POSITIVE_INFINITY }, 'expected a number above 0 in "count", got Infinity'],
    [{ count: Number.NaN }, 'expected a number above 0 in "count", got NaN'],
    [{ count: "2" }, 'expected a number above 0 in "count", got "2"'],
    [{ isOn: 1 }, 'expected true or false in "isOn", got 1'],
    [{ kind: "odd" }, 'expected one of plain, fancy in "kind", got "odd"'],
    [{ note: null }, 'expected a text in "note", got null'],
    [{ size: [1] }, 'expected two numbers in "size", got [1]'],
    [{ size: [1, "2"] }, 'expected a number in "size[1]", got "2"'],
    [{ crop: "all" }, 'expected "none" or a crop in "crop", got "all"'],
    [{ crop: { area: "a" } }, 'expected a number in "crop.area", got "a"'],
    [{ crop: { area: 1, aspect: 1 } }, 'expected no such field in "crop.aspect", got 1'],
    [{ shape: { kind: "square" } }, 'expected one of circle, point in "shape.kind", got "square"'],
    [{ shape: {} }, 'expected one of circle, point in "shape.kind", got nothing'],
    [{ shape: 4 }, 'expected an object in "shape", got 4'],
    [{ shape: { kind: "circle" } }, 'expected a number in "shape.radius", got nothing'],
    [{ steps: {} }, 'expected a list in "steps", got {}'],
    [{ steps: [{ at: 1 }, null] }, 'expected an object in "steps[1]", got null'],
    [{ steps: [{ at: 2 }] }, 'expected steps from 1 in "steps[0].at", got 2'],
    [{ other: true }, 'expected no such field in "other", got true'],
  ];
  for (const [change, message] of cases) {
    it(message, () => {
      assert.throws(() => checkJson(schema, { ...good, ...change }), problem(message));
    });
  }

  it("names no field where the whole is another thing", () => {
    for (const [value, got] of [
      [[], "[]"],
      [null, "null"],
      ["a", '"a"'],
    ] as const) {
      assert.throws(() => checkJson(schema, value), problem(`expected an object, got ${got}`));
    }
  });

  it("lets no field be one that all objects have", () => {
    const json = '{"__proto__": {"name": "a"}}';
    const wrong = () => readJson(schema, json);
    assert.throws(wrong, problem('expected a text in "name", got nothing'));
    const only = record({ toString: number() });
    const nothing = 'expected a number in "toString", got nothing';
    assert.throws(() => checkJson(only, {}), problem(nothing));
  });
});

describe("readJson()", () => {
  const lists = record({ a: list(number()) });

  it("reads past a mark of byte order", () => {
    assert.deepEqual(readJson(lists, '\uFEFF{"a": [1]}'), { a: [1] });
  });

  it("says what is no JSON", () => {
    const cases: [text: string, found: string][] = [
      ["", "an empty text"],
      ["\uFEFF \n", "an empty text"],
      ...["{", '{"a": [1, ', '{"a": "tex', '{"a"'].map((cut): [string, string] => [
        cut,
        "a text that breaks off",
      ]),
      ...['{"a": NaN}', "<html>", "{a: 1}", '{"a": 1} {', "\0\0"].map((other): [string, string] => [
        other,
        "other text",
      ]),
    ];
    for (const [text, found] of cases) {
      assert.throws(() => readJson(lists, text), problem(`expected JSON, got ${found}`));
      const inside = `expected JSON in "progress", got ${found}`;
      assert.throws(() => readJson(lists, text, "progress"), problem(inside));
    }
  });

  it("names the part of the file that the text is, too", () => {
    const wrong = () => readJson(lists, '{"a": [1, "b"]}', "progress");
    assert.throws(wrong, problem('expected a number in "progress.a[1]", got "b"'));
  });
});
