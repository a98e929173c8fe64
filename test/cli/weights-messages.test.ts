import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";
import { configureNetwork } from "@inception-resnet-v2/core/internal/architecture/transforms.js";
import { forInference } from "@inception-resnet-v2/core/internal/graph/passes/for-inference.js";
import { presets } from "@inception-resnet-v2/core/internal/image/presets.js";
import { encodeOnnx } from "@inception-resnet-v2/core/internal/onnx/onnx-file.js";
import { lowerNodes } from "@inception-resnet-v2/core/internal/onnx/to-onnx.js";
import { tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { encodeSafetensors } from "@inception-resnet-v2/core/internal/weights/formats/safetensors.js";
import { initializeParameters } from "@inception-resnet-v2/core/internal/weights/initialize.js";
import type { LoadedWeights } from "@inception-resnet-v2/core/internal/weights/take.js";
import { exportWeights } from "inception-resnet-v2/internal/export/export.js";
import type { ExportFormat } from "inception-resnet-v2/internal/export/formats.js";
import { exportOnnx } from "inception-resnet-v2/internal/export/onnx.js";
import { lookup3 } from "inception-resnet-v2/internal/weights/formats/hdf5/lookup3.js";
import { encodeTorch } from "inception-resnet-v2/internal/weights/formats/torch/write-torch.js";
import { loadWeights } from "inception-resnet-v2/internal/weights/load.js";
import { saveWeights } from "inception-resnet-v2/internal/weights/save.js";
import { colorPhotos } from "../helpers/color-photos.js";
import { repositoryFile } from "../helpers/paths.js";
import { program, type Result, runIrv2 } from "../helpers/run-irv2.js";
import { drawPicture, smallModelFolder, smallSize } from "../helpers/small-model.js";

/** What can be written, and where to. */
const targets: readonly (readonly [format: ExportFormat, out: string])[] = [
  ["onnx", "out.onnx"],
  ["safetensors", "out.safetensors"],
  ["timm", "timm.safetensors"],
  ["torch", "out.pth"],
  ["keras", "out.weights.h5"],
  ["tfjs", "out-tfjs"],
];

const anyFormat = "safetensors, PyTorch, Keras, TensorFlow, TensorFlow.js or ONNX";

type Case = readonly [what: string, args: readonly string[], code: number, sentence: string];

describe("irv2, given weights that it cannot use,", () => {
  let folder: string;
  let small: LoadedWeights;
  const at = (name: string) => join(folder, name);
  const irv2 = (args: readonly string[], limit?: number) =>
    runIrv2(args, { cwd: folder, ...(limit !== undefined && { limit }) });

  before(async () => {
    ({ folder } = await smallModelFolder());
    small = await loadWeights(at("small.safetensors"));
    await drawPicture(at("photo.png"), 1);
    await writeStrangers();
    await writeParts();
    await writeClasses();
  });
  after(() => rm(folder, { recursive: true }));

  /** Other networks, in the files of each program. */
  async function writeStrangers(): Promise<void> {
    const strangers = repositoryFile("test/golden/strangers");
    for (const name of await readdir(strangers)) {
      const bytes = gunzipSync(await readFile(join(strangers, name)));
      await writeFile(at(name.replace(/\.gz$/, "")), bytes);
    }
    const names = ["fc.weight", "layer1.0.conv1.weight"];
    const tensors = new Map(names.map((name) => [name, tensor([1])]));
    await writeFile(at("resnet.safetensors"), encodeSafetensors(tensors));
    await writeFile(at("graph.json"), '{"format":"graph-model","weightsManifest":[]}');
    const weights = [{ name: "conv_dw_1/kernel", shape: [1], dtype: "float32" }];
    await mkdir(at("mobilenet"));
    const manifest = { format: "layers-model", weightsManifest: [{ paths: ["a.bin"], weights }] };
    await writeFile(at("mobilenet/model.json"), JSON.stringify(manifest));
    await writeFile(at("mobilenet/a.bin"), Buffer.alloc(4));
    await mkdir(at("saved"));
    await writeFile(at("saved/saved_model.pb"), "\b\x01");
    for (const name of ["hostile-zip.pth", "hostile-legacy.pth", "hostile-pickle.bin"]) {
      await cp(repositoryFile(`test/golden/torch/${name}`), at(name));
    }
    await cp(repositoryFile("test/golden/torch/whole-model.pth"), at("whole-model.pth"));
    for (const name of ["committed.h5", "user-block.h5"]) {
      const packed = await readFile(repositoryFile(`test/golden/hdf5/${name}.gz`));
      await writeFile(at(name), gunzipSync(packed));
    }
  }

  /** Files of which something is missing. */
  async function writeParts(): Promise<void> {
    const weights = at("small.safetensors");
    const checkpoints = repositoryFile("test/golden/tf-checkpoint");
    await cp(join(checkpoints, "v2.ckpt.index"), at("v2.ckpt.index"));
    await cp(
      join(checkpoints, "v1-sharded.ckpt-00000-of-00002"),
      at("v1-sharded.ckpt-00000-of-00002"),
    );
    await exportWeights({ weights, out: at("tfjs"), format: "tfjs", parity: false });
    await rm(at("tfjs/group1-shard1of1.bin"));
    await exportWeights({ weights, out: at("big.weights.h5"), parity: false });
    await writeFile(at("big.weights.h5"), withBigEndian(await readFile(at("big.weights.h5"))));
    const { graph, parameters } = forInference(small);
    const { nodes, constants } = lowerNodes(graph);
    const external = graph.parameters.map(({ name, shape }) => {
      const byteLength = parameters.get(name)?.data.byteLength ?? 0;
      const bytes = { location: "weights.bin", byteLength };
      return { name, type: "float32" as const, shape, bytes };
    });
    const model = {
      name: "external",
      nodes,
      initializers: [...external, ...constants],
      inputs: [{ name: "image", shape: [1, 3, smallSize, smallSize] }],
      outputs: [{ name: "logits", shape: [1, 6] }],
    };
    await writeFile(at("external.onnx"), encodeOnnx(model));
    for (const end of ["safetensors", "bin"]) {
      const files = [1, 2].map((part) => `part-0000${part}-of-00002.${end}`);
      const weight_map = { "conv2d_1a.conv.weight": files[0], "classif.weight": files[1] };
      await writeFile(at(`model.${end}.index.json`), JSON.stringify({ metadata: {}, weight_map }));
    }
    const first = new Map([["conv2d_1a.conv.weight", tensor([32, 3, 3, 3])]]);
    await writeFile(at("part-00001-of-00002.safetensors"), encodeSafetensors(first));
    await writeFile(at("part-00001-of-00002.bin"), encodeTorch(first));
  }

  /** Files of 1001 classes, of labels that do not fit, and of numbers too large for float16. */
  async function writeClasses(): Promise<void> {
    const { network, parameters } = small;
    const labels = ["ant", "bee"];
    await saveWeights(at("labels.safetensors"), parameters, { metadata: { network, labels } });
    const preprocessing = presets.timm;
    const onnx = exportOnnx({ ...small, labels, preprocessing });
    await writeFile(at("labels.onnx"), onnx);
    const graph = lower(configureNetwork({ ...network, classes: 1001 }));
    const many = initializeParameters(graph, { initializer: "slim", seed: 1 });
    await saveWeights(at("many.safetensors"), many, { metadata: { network } });
    const source = { weights: at("many.safetensors"), dropBackground: false, parity: false };
    for (const name of ["many.onnx", "many.pth", "many.weights.h5"]) {
      await exportWeights({ ...source, out: at(name) });
    }
    await exportWeights({ ...source, out: at("many-tfjs"), format: "tfjs" });
    const large = new Map(parameters);
    large.set("logits/bias", tensor([6], Float32Array.of(0, 1, 70000, 2, 3, 4)));
    await saveWeights(at("large.safetensors"), large, { metadata: { network } });
  }

  const check = (cases: readonly Case[]) => {
    for (const [what, args, code, sentence] of cases) {
      it(`refuses ${what} with exit code ${code}`, async () => {
        const result = await irv2(args);
        assert.deepEqual(outcome(result), { code, stdout: "", stderr: `irv2: ${sentence}\n` });
      });
    }
  };
  const outcome = ({ code, stdout, stderr }: Result) => ({ code, stdout, stderr });

  const tensorsOf = "expected tensors of Inception-ResNet-v2, got tensors of";
  const layersOf = "expected 244 convolutions and 204 batch norms of Inception-ResNet-v2, got";
  describe("says what another network looks like:", () => {
    const resnet = `${tensorsOf} a ResNet (13 tensors such as "layer1.0.conv1.weight")`;
    const keras = `${layersOf} 3 and 0 in layers of a ResNet such as "conv1_conv", "conv2_block1_1_conv", "conv2_block1_2_conv"`;
    const slim = `${tensorsOf} Inception-v3 (2 tensors such as "InceptionV3/Conv2d_1a_3x3/weights")`;
    const files: readonly (readonly [file: string, problem: string])[] = [
      ["resnet.safetensors", resnet.replace("13", "2")],
      ["resnet.pth", resnet],
      ["resnet-legacy.pth", resnet],
      ["resnet.h5", keras],
      ["resnet.weights.h5", keras],
      ["resnet.keras", keras],
      ["inception-v3-v1.ckpt", slim],
      ["inception-v3-v2.ckpt", slim],
      [
        "resnet.onnx",
        "expected the convolutions of Inception-ResNet-v2, connected as there, got 3 of a ResNet, of which 0 of 245 fit",
      ],
      ["mobilenet", `${layersOf} 0 and 0 in layers of a MobileNet such as "conv_dw_1"`],
    ];
    check(
      files.map(([file, problem]) => [
        file,
        ["import", file],
        4,
        `Cannot use weights "${file}": ${problem}`,
      ]),
    );
    check([
      [
        "it when it classifies",
        ["classify", "photo.png", "--weights", "resnet.pth"],
        4,
        `Cannot use weights "resnet.pth": ${resnet}`,
      ],
      [
        "it when it exports",
        ["export", "resnet.pth", "--out", "none.onnx"],
        4,
        `Cannot use weights "resnet.pth": ${resnet}`,
      ],
      [
        "a graph model",
        ["import", "graph.json"],
        4,
        'Cannot read weights "graph.json": expected a layers model of TensorFlow.js, got a graph model',
      ],
      [
        "a SavedModel",
        ["import", "saved"],
        4,
        'Cannot read weights "saved": expected a TensorFlow checkpoint, got a SavedModel, whose variables have no names of layers',
      ],
      [
        "a picture",
        ["import", "photo.png"],
        4,
        `Cannot read weights "photo.png": expected weights of ${anyFormat}, got a PNG image`,
      ],
      [
        "no file",
        ["import", "none.h5"],
        4,
        'Cannot read weights "none.h5": expected a weight file, got no such file',
      ],
    ]);
  });

  describe("names a global that a pickle must not have:", () => {
    const globals: readonly (readonly [file: string, name: string])[] = [
      ["hostile-zip.pth", "posix.system"],
      ["hostile-legacy.pth", "posix.system"],
      ["hostile-pickle.bin", "posix.system"],
      ["whole-model.pth", "torch.nn.modules.linear.Linear"],
    ];
    check(
      globals.map(([file, name]) => [
        file,
        ["import", file],
        4,
        `Cannot read weights "${file}": expected tensors and plain data in the pickle, got the global "${name}"`,
      ]),
    );
  });

  describe("names what of HDF5 it lacks:", () => {
    check([
      [
        "a committed datatype",
        ["import", "committed.h5"],
        4,
        'Cannot read weights "committed.h5": expected a type in its own dataset "x", got a committed datatype',
      ],
      [
        "a user block",
        ["import", "user-block.h5"],
        4,
        `Cannot read weights "user-block.h5": expected weights of ${anyFormat}, got an HDF5 file behind a user block`,
      ],
      [
        "big-endian numbers in one tensor of a whole network",
        ["import", "big.weights.h5"],
        4,
        'Cannot read weights "big.weights.h5": expected float32, float16 or bfloat16 for tensor "layers/conv2d/vars/0", got big-endian float32',
      ],
    ]);
  });

  describe("names what is missing:", () => {
    const index = (file: string, end: string) =>
      `Cannot read weights "${file}": expected all weights in one file, got an index of 2 files ("part-00001-of-00002.${end}", "part-00002-of-00002.${end}")`;
    const part = (file: string) =>
      `Cannot use weights "${file}": expected 896 tensors, got file 1 of 2, without "conv2d_1a.bn.bias", "conv2d_1a.bn.running_mean", "conv2d_1a.bn.running_var" and 892 more`;
    check([
      [
        "a bundle without its data",
        ["import", "v2.ckpt"],
        4,
        'Cannot read weights "v2.ckpt.index": expected 1 data file beside it, got no "v2.ckpt.data-00000-of-00001"',
      ],
      [
        "a checkpoint of the first kind without a shard",
        ["import", "v1-sharded.ckpt-00000-of-00002"],
        4,
        'Cannot read weights "v1-sharded.ckpt": expected a TensorFlow checkpoint, got no "v1-sharded.ckpt-00001-of-00002"',
      ],
      [
        "a model of TensorFlow.js without its shard",
        ["import", "tfjs"],
        4,
        'Cannot read weights "tfjs": expected the shards "group1-shard1of1.bin", got none',
      ],
      [
        "an ONNX file without its data",
        ["import", "external.onnx"],
        4,
        'Cannot read weights "external.onnx": expected the file "weights.bin" beside it, got no such file',
      ],
      [
        "an index of safetensors",
        ["import", "model.safetensors.index.json"],
        4,
        index("model.safetensors.index.json", "safetensors"),
      ],
      [
        "an index of PyTorch",
        ["import", "model.bin.index.json"],
        4,
        index("model.bin.index.json", "bin"),
      ],
      [
        "one part of safetensors",
        ["import", "part-00001-of-00002.safetensors"],
        4,
        part("part-00001-of-00002.safetensors"),
      ],
      [
        "one part of PyTorch",
        ["import", "part-00001-of-00002.bin"],
        4,
        part("part-00001-of-00002.bin"),
      ],
    ]);
  });

  describe("counts classes:", () => {
    const background =
      'expected 1000 classes, got 1001, whose class 0 is slim\'s "background", which no photo belongs to; dropBackground drops it (--drop-background)';
    const files = ["many.safetensors", "many.pth", "many.weights.h5", "many.onnx", "many-tfjs"];
    check(
      files.map((file) => [
        `${file} that leaves open what its 1001 classes are`,
        ["classify", "photo.png", "--weights", file],
        4,
        `Cannot use weights "${file}": ${background}`,
      ]),
    );
    check(
      targets.map(([format, out]) => [
        `such weights as ${format}`,
        ["export", "many.safetensors", "--format", format, "--out", out],
        4,
        `Cannot use weights "many.safetensors": ${background}`,
      ]),
    );
    check(
      ["labels.safetensors", "labels.onnx"].map((file) => [
        `${file}, of labels that do not fit`,
        ["classify", "photo.png", "--weights", file],
        4,
        `Cannot read weights "${file}": expected 6 texts in metadata "labels", got 2`,
      ]),
    );

    for (const file of files) {
      it(`imports ${file} without its background`, async () => {
        const { code, stdout, stderr } = await irv2(["import", file, "--no-parity", "--json"]);
        assert.equal(code, 0, stderr);
        const { classes, droppedClasses } = JSON.parse(stdout);
        assert.deepEqual({ classes, droppedClasses }, { classes: 1000, droppedClasses: 1 });
      });
    }

    it("leaves the background out of Keras' file when told to", async () => {
      const args = ["export", "many.onnx", "--out", "thousand.weights.h5"];
      const { code, stderr } = await irv2([...args, "--drop-background"]);
      assert.equal(code, 0, stderr);
      const { parameters } = await loadWeights(at("thousand.weights.h5"));
      const bias = await loadWeights(at("many.pth"), { dropBackground: true });
      assert.deepEqual(parameters.get("logits/bias"), bias.parameters.get("logits/bias"));
      assert.deepEqual(parameters.get("logits/weight"), bias.parameters.get("logits/weight"));
    });

    it("trains from weights of any number of classes", async () => {
      const { folder: photoFolder, photos } = await colorPhotos({ train: 4, validation: 2 });
      const rest = ["--input-size", "75", "--batch", "6", "--epochs", "1"];
      for (const weights of ["many.safetensors", "small.safetensors"]) {
        const out = join(photoFolder, weights);
        const args = ["train", "--data", photos, "--weights", weights, ...rest, "--out", out];
        const { code, stderr } = await irv2(args);
        assert.equal(code, 0, stderr);
        const { labels } = await loadWeights(join(out, "weights/best.safetensors"));
        assert.deepEqual(labels, ["blue", "green", "red"]);
      }
      await rm(photoFolder, { recursive: true });
    });
  });

  describe("leaves what was there when", () => {
    const old = "what was there";

    /** Runs a command that writes `out`, over a file that is there unless it is a folder. */
    async function refused(out: string, args: readonly string[], limit?: number): Promise<Result> {
      await rm(at("place"), { recursive: true, force: true });
      await mkdir(at("place"));
      const isFolder = out === "out-tfjs";
      if (!isFolder) await writeFile(at(`place/${out}`), old);
      const result = await irv2([...args, "--out", `place/${out}`], limit);
      assert.deepEqual(await readdir(at("place")), isFolder ? [] : [out]);
      if (!isFolder) assert.equal(await readFile(at(`place/${out}`), "utf8"), old);
      return result;
    }

    const half = ["--dtype", "fp16"];
    const exporting = (weights: string, format: string) => ["export", weights, "--format", format];

    const names: Partial<Record<ExportFormat, string>> = {
      onnx: "logits/bias",
      safetensors: "logits/bias",
      timm: "classif.bias",
      torch: "classif.bias",
    };
    for (const [format, out] of targets) {
      it(`a number is too large for float16 in ${format}`, async () => {
        const args = [...exporting("large.safetensors", format), ...half];
        const { code, stderr } = await refused(out, args);
        const name = names[format];
        const sentence = name
          ? `Cannot write "${name}" as float16: expected values up to 65504, got 70000`
          : `Cannot export to ${format}: expected numbers of type F32, got F16 (--dtype)`;
        assert.deepEqual({ code, stderr }, { code: name ? 4 : 2, stderr: `irv2: ${sentence}\n` });
      });
    }
    it("a number is too large for float16 in an import", async () => {
      const args = ["import", "large.safetensors", ...half];
      const { code, stderr } = await refused("out.safetensors", args);
      const sentence =
        'Cannot write "logits/bias" as float16: expected values up to 65504, got 70000';
      assert.deepEqual({ code, stderr }, { code: 4, stderr: `irv2: ${sentence}\n` });
    });

    const writers: readonly (readonly [what: string, out: string, args: readonly string[]])[] = [
      ...targets.map(
        ([format, out]) => [format, out, exporting("small.safetensors", format)] as const,
      ),
      ["an import", "out.safetensors", ["import", "small.safetensors"]],
    ];
    const skipLimit = process.platform === "win32" && "ulimit is not here";
    for (const [what, out, args] of writers) {
      it(`a file may not grow: ${what}`, { skip: skipLimit }, async () => {
        const { code, stderr } = await refused(out, args, 100);
        const sentence = `Cannot write weights "place/${out}": expected space on the disk, got EFBIG`;
        assert.deepEqual({ code, stderr }, { code: 5, stderr: `irv2: ${sentence}\n` });
      });
    }

    for (const [what, out, args] of writers) {
      it(`the disk is full: ${what}`, { skip: skipMount() }, () => {
        const { code, stdout, stderr } = onFullDisk(out, args);
        const left = out === "out-tfjs" ? "" : `${out}\n${old}`;
        const sentence = `Cannot write weights "place/${out}": expected space on the disk, got ENOSPC`;
        assert.deepEqual(
          { code, stdout, stderr },
          { code: 5, stdout: left, stderr: `irv2: ${sentence}\n` },
        );
      });
    }

    /** Runs a command with 256 KiB of memory as the disk under `place`, then shows what is there. */
    function onFullDisk(out: string, args: readonly string[]) {
      const isFolder = out === "out-tfjs";
      const script = [
        "mkdir -p place && mount -t tmpfs -o size=256k none place",
        ...(isFolder ? [] : [`printf '${old}' > place/${out}`]),
        `"$@" --out place/${out}; code=$?`,
        "ls -A place",
        ...(isFolder ? [] : [`cat place/${out}`]),
        "exit $code",
      ].join("\n");
      const command = ["-rm", "bash", "-c", script, "irv2", process.execPath, program, ...args];
      const { status, stdout, stderr } = spawnSync("unshare", command, { cwd: folder });
      return { code: status, stdout: stdout.toString(), stderr: stderr.toString() };
    }
  });
});

/** Why no disk can be made to be full: it takes a namespace of mounts, which few may make. */
function skipMount(): string | false {
  const script = "mount -t tmpfs -o size=64k none /mnt";
  const { status } = spawnSync("unshare", ["-rm", "bash", "-c", script]);
  return status === 0 ? false : "unshare cannot mount a disk here";
}

/** A file of ours with its first kernel said to be big-endian, and the header's checksum put right. */
function withBigEndian(bytes: Uint8Array): Uint8Array {
  const changed = Buffer.from(bytes);
  const float32 = Buffer.from([0x11, 0x20, 0x1f, 0x00, 4, 0, 0, 0]);
  const type = changed.indexOf(float32);
  const header = changed.lastIndexOf("OHDR", type);
  const next = changed.indexOf("OHDR", type);
  changed.writeUInt8(0x21, type + 1);
  changed.writeUInt32LE(lookup3(changed.subarray(header, next - 4)), next - 4);
  return changed;
}
