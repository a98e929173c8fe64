import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkLayers } from "./check-layers.js";

/** Checks files given as path -> text. */
const check = (files: Readonly<Record<string, string>>) =>
  checkLayers(Object.entries(files).map(([path, text]) => ({ path, text })));

describe("checkLayers()", () => {
  it("accepts the sources as they are", () => {
    assert.deepEqual(checkLayers(), []);
  });

  it("lets a file import its own folder and lower layers", () => {
    const problems = check({
      "packages/core/src/graph/a.ts":
        'import { b } from "./b.js";\nimport { t } from "../tensor/t.js";',
      "packages/core/src/graph/b.ts": 'export * from "../errors.js";',
      "packages/core/src/tensor/t.ts": "",
      "packages/core/src/errors.ts": "",
    });
    assert.deepEqual(problems, []);
  });

  const forbidden: readonly [path: string, text: string, problem: string][] = [
    [
      "packages/core/src/graph/a.ts",
      'import type { Network } from "../architecture/layers.js";',
      "layer 1 (core/graph) may not import layer 2 (core/architecture)",
    ],
    [
      "packages/core/src/summary/a.ts",
      'export { x } from "../image/x.js";',
      "layer 3 (core/summary) may not import layer 3 (core/image)",
    ],
    [
      "packages/node/src/executors/onednn/a.ts",
      'const x = await import("../onnxruntime/x.js");',
      "layer 9 (node/executors/onednn) may not import layer 9 (node/executors/onnxruntime)",
    ],
    [
      "packages/core/src/tensor/a.ts",
      'type X = import("../graph/ir.js").Graph;',
      "layer 0 (core/tensor) may not import layer 1 (core/graph)",
    ],
    [
      "packages/node/src/image/a.ts",
      'new Worker(new URL("../model/worker.js", import.meta.url));',
      "layer 7 (node/image) may not import layer 11 (node/model)",
    ],
    [
      "packages/node/src/index.ts",
      'import "./cli/main.js";',
      "layer 13 (node/index.ts) may not import layer 14 (node/cli)",
    ],
    [
      "packages/core/src/graph/a.ts",
      'import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";',
      "layer 1 (core/graph) may not import layer 2 (core/architecture)",
    ],
    [
      "packages/node/src/model/a.ts",
      'import sharp from "sharp";',
      '"sharp" may be imported only in node/image/decode-sharp.ts',
    ],
    [
      "packages/core/src/autodiff/a.ts",
      'import { join } from "node:path";',
      '"node:path" may be imported only in node',
    ],
    [
      "packages/node/src/cli/a.ts",
      'import chalk from "chalk";',
      'package "chalk" is not in the table of scripts/check-layers.ts',
    ],
    [
      "packages/node/src/cli/a.ts",
      'import { x } from "../new-folder/x.js";',
      '"packages/node/src/new-folder/x.ts" has no layer in scripts/check-layers.ts',
    ],
  ];
  for (const [path, text, problem] of forbidden) {
    it(`refuses ${text} in ${path}`, () => {
      assert.deepEqual(check({ [path]: `// first line\n${text}` }), [
        { file: path, line: 2, problem },
      ]);
    });
  }

  it("takes no notice of comments and strings", () => {
    assert.deepEqual(
      check({
        "packages/core/src/tensor/a.ts":
          '// import "../cli/main.js"\nconst text = `from "../cli/x.js"`;',
      }),
      [],
    );
  });

  it("finds cycles, except those of types alone", () => {
    const cycle = (word: string) =>
      check({
        "packages/core/src/graph/a.ts": 'import { b } from "./b.js";',
        "packages/core/src/graph/b.ts": `import ${word}{ a } from "./a.js";`,
      });
    assert.deepEqual(cycle(""), [
      {
        file: "packages/core/src/graph/a.ts",
        problem:
          "imports itself: packages/core/src/graph/a.ts -> packages/core/src/graph/b.ts -> packages/core/src/graph/a.ts",
      },
    ]);
    assert.deepEqual(cycle("type "), []);
  });
});
