import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InputError } from "@inception-resnet-v2/core/internal/errors.js";
import { imagenetLabels } from "@inception-resnet-v2/core/internal/predictions/imagenet-1k.js";
import { matchClasses } from "./class-names.js";

const named = (...labels: readonly string[]) => ({ labels, count: labels.length });
const imagenet = named(...imagenetLabels);
const match = (names: readonly string[], model = imagenet) => {
  const { places, notes } = matchClasses(names, model, "val");
  return { places: names.map((name) => places.get(name)), notes };
};

describe("matchClasses()", () => {
  it("takes names as they are, composed or not, without a word", () => {
    const model = named("cat", "pão".normalize("NFD"));
    assert.deepEqual(match(["pão".normalize("NFC")], model), { places: [1], notes: [] });
  });

  it("takes WordNet ids for ImageNet's classes, and says so", () => {
    assert.deepEqual(match(["n01440764", "n02123045", "n15075141"]), {
      places: [0, 281, 999],
      notes: [
        '3 of the 3 classes in "val" are found by WordNet id, such as "n01440764", which is "tench, Tinca tinca"',
      ],
    });
  });

  it("takes synonyms, and ids that stand before names in a class map", () => {
    assert.deepEqual(match(["Tinca_tinca", "lemon"]).places, [0, 951]);
    const map = named("n01440764 tench, Tinca tinca", "n01443537: goldfish");
    assert.deepEqual(match(["n01443537", "tench"], map).places, [1, 0]);
  });

  it("takes numbers for indices", () => {
    assert.deepEqual(match(["65", "970"]), {
      places: [65, 970],
      notes: [
        'the classes in "val" are numbers: they are taken for indices, so "65" is "sea snake"',
      ],
    });
  });

  it("takes as many names as classes in their order where the weights name none", () => {
    const found = matchClasses(["a", "b", "c"], { labels: [], count: 3 }, "val");
    assert.deepEqual(found.classes, ["a", "b", "c"]);
    assert.deepEqual([...found.places.values()], [0, 1, 2]);
    assert.deepEqual(found.notes, [
      'the weights do not name their 3 classes: the classes in "val" are taken in their order, "a" for class 0 to "c" for class 2',
    ]);
  });

  it("refuses what is no class, several classes, or another number of them", () => {
    const refused = (
      code: "CLASS_UNKNOWN" | "CLASS_AMBIGUOUS",
      names: readonly string[],
      model: Parameters<typeof matchClasses>[1],
      expected: string,
    ) =>
      assert.throws(
        () => matchClasses(names, model, "val"),
        new InputError(code, `Cannot label photos in "val": expected ${expected}`),
      );
    refused(
      "CLASS_UNKNOWN",
      ["a", "x"],
      named("a", "b"),
      'classes named as the model\'s 2 ("a", "b"), got "x"',
    );
    refused(
      "CLASS_AMBIGUOUS",
      ["crane"],
      imagenet,
      'names of one class of the model each, got "crane", the name of several',
    );
    refused(
      "CLASS_UNKNOWN",
      ["a", "b"],
      { labels: [], count: 3 },
      "the names of the classes (labels), or 3 classes as the weights have, got 2",
    );
  });
});
