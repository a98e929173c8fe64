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
      "src/graph/a.ts": 'import { b } from "./b.js";\nimport { t } from "../tensor/t.js";',
      "src/graph/b.ts": 'export * from "../errors.js";',
      "src/tensor/t.ts": "",
      "src/errors.ts": "",
    });
    assert.deepEqual(problems, []);
  });

  const forbidden: readonly [path: string, text: string, problem: string][] = [
    [
      "src/graph/a.ts",
      'import type { Network } from "../architecture/layers.js";',
      "layer 1 (src/graph) may not import layer 2 (src/architecture)",
    ],
    [
      "src/summary/a.ts",
      'export { x } from "../image/x.js";',
      "layer 2 (src/summary) may not import layer 2 (src/image)",
    ],
    [
      "src/executors/reference/a.ts",
      'const x = await import("../onnxruntime/x.js");',
      "layer 4 (src/executors/reference) may not import layer 4 (src/executors/onnxruntime)",
    ],
    [
      "src/tensor/a.ts",
      'type X = import("../graph/ir.js").Graph;',
      "layer 0 (src/tensor) may not import layer 1 (src/graph)",
    ],
    [
      "src/image/a.ts",
      'new Worker(new URL("../model/worker.js", import.meta.url));',
      "layer 2 (src/image) may not import layer 6 (src/model)",
    ],
    [
      "src/index.ts",
      'import "./cli/main.js";',
      "layer 8 (src/index.ts) may not import layer 9 (src/cli)",
    ],
    [
      "src/model/a.ts",
      'import sharp from "sharp";',
      '"sharp" may be imported only in src/image/decode-node.ts',
    ],
    [
      "src/autodiff/a.ts",
      'import { join } from "node:path";',
      '"node:path" may be imported only in src/image/decode-cache.ts, src/image/decode-node.ts, src/image/find-images.ts, ' +
        "src/image/image-worker.ts, src/image/loader.ts, src/image/read-node.ts, src/data, " +
        "src/executors/onednn, src/executors/onnxruntime, src/executors/thread, src/weights, src/export, src/training, src/cli",
    ],
    [
      "src/cli/a.ts",
      'import chalk from "chalk";',
      'package "chalk" is not in the table of scripts/check-layers.ts',
    ],
    [
      "src/cli/a.ts",
      'import { x } from "../new-folder/x.js";',
      '"src/new-folder/x.ts" has no layer in scripts/check-layers.ts',
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
        "src/tensor/a.ts": '// import "../cli/main.js"\nconst text = `from "../cli/x.js"`;',
      }),
      [],
    );
  });

  it("finds cycles, except those of types alone", () => {
    const cycle = (word: string) =>
      check({
        "src/graph/a.ts": 'import { b } from "./b.js";',
        "src/graph/b.ts": `import ${word}{ a } from "./a.js";`,
      });
    assert.deepEqual(cycle(""), [
      {
        file: "src/graph/a.ts",
        problem: "imports itself: src/graph/a.ts -> src/graph/b.ts -> src/graph/a.ts",
      },
    ]);
    assert.deepEqual(cycle("type "), []);
  });
});
