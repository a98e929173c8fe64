import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { access, constants, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { readSafetensors } from "@inception-resnet-v2/core/internal/weights/formats/safetensors.js";
import { repositoryFile } from "../helpers/paths.js";
import { drawPicture, smallModelFolder } from "../helpers/small-model.js";

interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const program = repositoryFile("packages/node/dist/cli/main.js");

function irv2(args: readonly string[], input?: Uint8Array): Promise<Result> {
  const child = spawn(process.execPath, [program, ...args]);
  const [out, err] = [[] as Buffer[], [] as Buffer[]];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  child.stdin.end(input);
  return new Promise((resolve) => {
    child.on("close", (code) => {
      const [stdout, stderr] = [Buffer.concat(out).toString(), Buffer.concat(err).toString()];
      resolve({ code, stdout, stderr });
    });
  });
}

/** The JSON values of the lines; what is in them is for the assertions to say. */
function lines<T>(text: string): T[] {
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as T);
}

interface Line {
  readonly file: string;
  readonly predictions: { index: number; label: string; score: number }[];
  readonly features: number[];
  readonly row: number;
  readonly error: { code: string; message: string };
}

describe("irv2", () => {
  let folder: string;
  let weights: string;
  const photo = (name: string) => join(folder, "photos", name);

  before(async () => {
    ({ folder, weights } = await smallModelFolder());
    await mkdir(join(folder, "photos", "deep"), { recursive: true });
    const names = ["b.jpg", "a.png", "deep/c.webp"];
    await Promise.all(names.map((name, seed) => drawPicture(photo(name), seed)));
    await writeFile(join(folder, "photos", "notes.txt"), "no picture");
    await mkdir(join(folder, "empty"));
  });

  describe("classify", () => {
    it("shows a ranked list", async () => {
      const { code, stdout } = await irv2(["classify", photo("a.png"), "-w", weights, "-k", "2"]);
      assert.equal(code, 0);
      const [first, second, third, ...rest] = stdout.trimEnd().split("\n");
      assert.equal(first, photo("a.png"));
      assert.match(
        second ?? "",
        /^ {3}1 {2}[ \d.]{5} % {2}[█▏▎▍▌▋▊▉]* +(ant|bee|cat|dog|elk|fox)$/,
      );
      assert.match(third ?? "", /^ {3}2 /);
      assert.deepEqual(rest, []);
    });

    it("searches folders in a stable order and prints a line of JSON for each file", async () => {
      const args = ["classify", join(folder, "photos"), "-w", weights, "--json", "--batch", "2"];
      const { code, stdout, stderr } = await irv2(args);
      assert.equal(code, 0, stderr);
      const results = lines<Line>(stdout);
      const files = results.map(({ file }) => file);
      assert.deepEqual(files, ["a.png", "b.jpg", "deep/c.webp"].map(photo));
      assert.equal(results[0]?.predictions.length, 5);
      assert.deepEqual(Object.keys(results[0]?.predictions[0] ?? {}), ["index", "label", "score"]);
    });

    it("reads an image from standard input", async () => {
      const bytes = await readFile(photo("a.png"));
      const direct = await irv2(["classify", photo("a.png"), "-w", weights, "--json"]);
      const piped = await irv2(["classify", "-", "-w", weights, "--json"], bytes);
      const [one, other] = [lines<Line>(piped.stdout)[0], lines<Line>(direct.stdout)[0]];
      assert.deepEqual(one?.predictions, other?.predictions);
      assert.equal(one?.file, "-");
    });

    it("reports a file that cannot be read, runs the others, and exits with 3", async () => {
      const files = [photo("notes.txt"), photo("a.png"), photo("none.jpg")];
      const { code, stdout } = await irv2(["classify", ...files, "-w", weights, "--json"]);
      assert.equal(code, 3);
      const [text, good, missing] = lines<Line>(stdout);
      assert.equal(text?.error.code, "IMAGE_FORMAT");
      assert.equal(good?.predictions.length, 5);
      assert.equal(missing?.error.code, "IMAGE_MISSING");
      assert.match(missing?.error.message ?? "", /none\.jpg/);
    });

    it("runs on the WebAssembly engine", async () => {
      const args = ["classify", photo("a.png"), "-w", weights, "--engine", "wasm", "--json"];
      const { code, stdout } = await irv2(args);
      assert.equal(code, 0);
      assert.equal(lines(stdout).length, 1);
    });

    it("ends cleanly on Ctrl-C, with what it has printed so far whole", async () => {
      const many = Array.from({ length: 2000 }, () => photo("a.png"));
      const child = spawn(process.execPath, [
        program,
        "classify",
        ...many,
        "-w",
        weights,
        "--json",
      ]);
      let stdout = "";
      const code = await new Promise((resolve) => {
        child.stdout.on("data", (chunk: Buffer) => {
          if (stdout === "") child.kill("SIGINT");
          stdout += chunk.toString();
        });
        child.on("close", resolve);
      });
      assert.equal(code, 130);
      const done = lines(stdout).length;
      assert.ok(done > 0 && done < 2000, `${done} lines`);
    });

    it("ends quietly when the reader of its output has gone", async () => {
      const many = Array.from({ length: 400 }, () => photo("a.png"));
      const child = spawn(process.execPath, [
        program,
        "classify",
        ...many,
        "-w",
        weights,
        "--json",
      ]);
      let stderr = "";
      child.stderr.on("data", (chunk: Buffer) => {
        stderr += chunk.toString();
      });
      const code = await new Promise((resolve) => {
        child.stdout.once("data", () => child.stdout.destroy());
        child.on("close", resolve);
      });
      assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    });
  });

  describe("embed", () => {
    it("prints features, or writes them as a matrix", async () => {
      const json = await irv2(["embed", photo("a.png"), "-w", weights]);
      const features = lines<Line>(json.stdout)[0]?.features ?? [];
      assert.equal(features.length, 152);
      for (const format of ["npy", "safetensors"]) {
        const out = join(folder, `features.${format}`);
        const args = [
          "embed",
          join(folder, "photos"),
          "-w",
          weights,
          "--format",
          format,
          "-o",
          out,
        ];
        const { code, stdout } = await irv2(args);
        assert.equal(code, 0);
        assert.deepEqual(
          lines<Line>(stdout).map(({ row }) => row),
          [0, 1, 2],
        );
        const bytes = await readFile(out);
        if (format === "npy") {
          const end = bytes.indexOf("\n") + 1;
          const header = bytes.subarray(10, end).toString();
          assert.match(header, /'descr': '<f4', 'fortran_order': False, 'shape': \(3, 152\)/);
          assert.equal(end % 64, 0);
          assert.ok(Math.abs(bytes.readFloatLE(end) - (features[0] ?? 1)) < 1e-6);
        } else {
          const file = readSafetensors(bytes, "features");
          assert.deepEqual(file.entries.get("features")?.shape, [3, 152]);
        }
      }
    });

    it("wants --out for a matrix", async () => {
      const npy = await irv2(["embed", photo("a.png"), "-w", weights, "--format", "npy"]);
      const stderr = "irv2: Expected --out with a file for --format npy, got none\n";
      assert.deepEqual(npy, { code: 2, stdout: "", stderr });
    });
  });

  it("summarizes as table, JSON, drawing and page", async () => {
    const table = await irv2(["summary"]);
    assert.match(table.stdout, /\nInception-ResNet-B ×20 +17×17×1088 /);
    assert.match(
      table.stdout,
      /\n55,873,736 parameters, of which 60,544 not trainable, in 898 tensors\n/,
    );
    const json = await irv2(["summary", "--no-top", "--json"]);
    const [summary] = lines<{ totals: { parameters: number } }>(json.stdout);
    assert.equal(summary?.totals.parameters, 54_336_736);
    const starts = { svg: "<svg ", html: "<!doctype html>", mermaid: "flowchart TD" };
    for (const [format, start] of Object.entries(starts)) {
      const { stdout } = await irv2(["summary", "--format", format, "--width", "0.25"]);
      assert.ok(stdout.startsWith(start), format);
    }
  });

  it("benchmarks an engine", async () => {
    const args = ["benchmark", "--engine", "onnxruntime", "--batch", "2", "--runs", "2", "--json"];
    const { code, stdout } = await irv2([...args, "--width", "0.1", "--input-size", "107"]);
    assert.equal(code, 0);
    const [one] = lines<{ engine: string; imagesPerSecond: number; peakMemoryBytes: number }>(
      stdout,
    );
    assert.equal(one?.engine, "onnxruntime");
    assert.ok((one?.imagesPerSecond ?? 0) > 0 && (one?.peakMemoryBytes ?? 0) > 1e7);
  });

  it("is a program by itself, whoever built it", { skip: process.platform === "win32" }, () =>
    access(repositoryFile("packages/node/bin/irv2.js"), constants.X_OK),
  );

  it("examines the machine", async () => {
    const { code, stdout } = await irv2(["doctor", "--json"]);
    assert.equal(code, 0);
    const [report] = lines<{ engines: { name: string; found: boolean }[] }>(stdout);
    const names = report?.engines.map(({ name }) => name);
    assert.deepEqual(names, ["onednn", "onnxruntime", "wasm", "reference"]);
    const isOptional = (name: string) => name === "onednn"; // a library of the system
    assert.ok(report?.engines.every(({ name, found }) => found || isOptional(name)));
  });

  it("has help with examples on each verb", async () => {
    const training = ["train", "evaluate", "lr-find", "plan"];
    for (const verb of ["classify", "embed", "summary", "benchmark", "doctor", ...training]) {
      const { code, stdout } = await irv2([verb, "--help"]);
      assert.equal(code, 0);
      assert.match(stdout, /\nExamples:\n {2}irv2 /, verb);
    }
  });

  const bad: [what: string, args: () => string[], code: number, message: RegExp][] = [
    [
      "an unknown flag",
      () => ["classify", "x", "--wieghts", "y"],
      2,
      /unknown option '--wieghts'\n\(Did you mean --weights\?\)/,
    ],
    [
      "an unknown verb",
      () => ["clasify", "x"],
      2,
      /unknown command 'clasify'\n\(Did you mean classify\?\)/,
    ],
    [
      "an unknown engine",
      () => ["classify", "x", "--engine", "gpu"],
      2,
      /'gpu' is invalid\. Allowed choices are auto, onednn, onnxruntime, wasm, reference\./,
    ],
    [
      "an unknown depth",
      () => ["summary", "--depth", "atom"],
      2,
      /choices are stage, block, layer\./,
    ],
    [
      "a wrong number",
      () => ["classify", "x", "-k", "0"],
      2,
      /Expected a whole number from 1, got "0"\./,
    ],
    [
      "an input that is too small",
      () => ["summary", "--input-size", "74"],
      2,
      /^irv2: Option "inputSize" is out of range: expected whole numbers of pixels from 75, got 74x74 \(--input-size\)\n$/,
    ],
    [
      "a flag that is called otherwise now",
      () => ["train", "--data", "x", "--accumulate", "2"],
      2,
      /^irv2: Expected another flag for --accumulate, which is now --micro-batch with .*\n$/,
    ],
    [
      "weights to export by a flag",
      () => ["export", "--weights", weights, "--out", "x.onnx"],
      2,
      /^irv2: Expected another flag for --weights, which is now an argument, as in import: irv2 export best\.safetensors --out model\.onnx\n$/,
    ],
    [
      "weights of an unknown name",
      () => ["classify", photo("a.png"), "-w", "evryday"],
      2,
      /^irv2: Unknown weights "evryday": expected a file, one of everyday, imagenet, ens-adv, keras, keras-notop, slim, inception-v4, or owner\/name of the Hugging Face hub\n$/,
    ],
    [
      "missing weights",
      () => ["classify", photo("a.png"), "-w", "none.safetensors"],
      4,
      /^irv2: Cannot read weights "none\.safetensors": expected a weight file, got no such file\n$/,
    ],
    [
      "an image as weights",
      () => ["classify", photo("a.png"), "-w", photo("a.png")],
      4,
      /^irv2: Cannot read weights ".*a\.png": expected weights of safetensors, PyTorch, Keras, TensorFlow, TensorFlow\.js or ONNX, got a PNG image\n$/,
    ],
    [
      "a folder without images",
      () => ["classify", join(folder, "empty"), "-w", weights],
      3,
      /^irv2: .*empty.*\n$/,
    ],
    [
      "a missing image",
      () => ["classify", photo("none.jpg"), "-w", weights],
      3,
      /^irv2: .*none\.jpg.*\n$/,
    ],
  ];
  for (const [what, args, code, message] of bad) {
    it(`answers ${what} with exit code ${code} and one sentence`, async () => {
      const result = await irv2(args());
      assert.equal(result.code, code, result.stderr);
      assert.match(result.stderr, message);
      assert.ok(!/\n\s+at /.test(result.stderr), "no stack trace");
      assert.equal(result.stdout, "");
    });
  }
});
