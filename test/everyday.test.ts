import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { repositoryFile } from "./helpers/paths.js";
import { jsonLines, runIrv2 } from "./helpers/run-irv2.js";

/** The class of each drawing in examples/. */
const drawn = {
  orange: "Orange",
  lemon: "Lemon",
  banana: "Banana",
  carrot: "Carrots",
  tomato: "Tomato",
  "t-shirt": "t-shirt",
  trousers: "pants",
  bottle: "glass",
} as const;

interface Line {
  readonly predictions: readonly { readonly label: string; readonly score: number }[];
}

describe("the model everyday", () => {
  const files = Object.keys(drawn).map((name) => repositoryFile(`examples/${name}.png`));

  for (const engine of ["auto", "onnxruntime", "wasm"]) {
    it(`recognises the drawings, on ${engine}, and says what it is`, async () => {
      const { code, stdout, stderr } = await runIrv2([
        ...["classify", ...files, "--json", "--engine", engine],
      ]);
      assert.equal(code, 0, stderr);
      const best = jsonLines<Line>(stdout).map(({ predictions }) => predictions[0]?.label);
      assert.deepEqual(best, Object.values(drawn));
      assert.equal(
        stderr,
        "Using the bundled model (59 groceries, garments and recyclables); for the 1000 classes of ImageNet: --weights imagenet\n",
      );
    });
  }

  it("gives what the README shows", async () => {
    const readme = await readFile(repositoryFile("README.md"), "utf8");
    const [, command = "", shown = ""] =
      /^\$ npx irv2 (classify examples\/.*)\n([^`]+)```/m.exec(readme) ?? [];
    const { stdout } = await runIrv2(
      command
        .split(" ")
        .map((part) => (part.startsWith("examples/") ? repositoryFile(part) : part)),
    );
    const read = (text: string) =>
      [...text.matchAll(/^ +\d +([\d.]+) % +\S* +(\S.*)$/gm)].map(([, score, label]) => ({
        score: Number(score),
        label,
      }));
    const [expected, got] = [read(shown), read(stdout)];
    assert.ok(expected.length >= 3);
    assert.deepEqual(
      got.map(({ label }) => label),
      expected.map(({ label }) => label),
    );
    for (const [at, { score }] of got.entries()) {
      assert.ok(Math.abs(score - (expected[at]?.score ?? 0)) < 0.5, `${score}`); // engines round
    }
  });
});
