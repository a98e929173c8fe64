/**
 * @file How far an ONNX file, as ONNX Runtime runs it, is from a network of ours, stage by stage, on one
 * image of noise.
 */

import type { Graph, Value } from "@inception-resnet-v2/core/internal/graph/ir.js";
import type { Pixels } from "@inception-resnet-v2/core/internal/image/pixels.js";
import { preprocess } from "@inception-resnet-v2/core/internal/image/preprocess.js";
import { presets } from "@inception-resnet-v2/core/internal/image/presets.js";
import {
  scoresOf,
  usualActivation,
} from "@inception-resnet-v2/core/internal/predictions/predictions.js";
import { createRandom } from "@inception-resnet-v2/core/internal/tensor/random.js";
import {
  relativeL2,
  type Tensor,
  type Tensors,
} from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { decodeFloats } from "@inception-resnet-v2/core/internal/weights/formats/floats.js";
import type { OpenedWeights } from "@inception-resnet-v2/core/internal/weights/opened.js";
import { matchByTopology } from "@inception-resnet-v2/core/internal/weights/sources/onnx-topology.js";
import type { LoadedWeights } from "@inception-resnet-v2/core/internal/weights/take.js";
import { createExecutor } from "../executors/index.js";
import { type OnnxResult, runOnnxFile } from "../executors/onnxruntime/run-file.js";

/** How far two sides are apart at one place: relative L2 distance. */
export interface Difference {
  /** A stage, for example `Inception-ResNet-A`, or an output: `logits`, `probabilities`, `features`. */
  readonly at: string;
  /** Relative L2 distance: 0 where both are equal. */
  readonly difference: number;
}

/** What became of a comparison: differences in the order of the network, or why there are none. */
export type Parity =
  | readonly Difference[]
  | {
      /** Why nothing could be compared. */
      readonly reason: string;
    };

/** The side of ours: weights as they were loaded. */
type Ours = Pick<
  LoadedWeights,
  "graph" | "parameters" | "droppedClasses" | "preprocessing" | "temperature" | "activation"
>;

/** The end of a stage. */
interface Place {
  readonly title: string;
  readonly value: Value;
  /** A convolution that reads it: its name, such as `conv2d_7b`. */
  readonly reader: string;
}

/**
 * Runs an ONNX file and the network of ours on the same image, in the calling thread. The parameters are used up: nothing of
 * them is left. The end of a stage is compared as the convolution after it reads it, which every
 * exporter writes as NCHW; so it is where batch norm, ReLU and residual scale are folded.
 */
export async function compareWithOnnx(
  onnx: Extract<OpenedWeights, { format: "onnx" }>,
  ours: Ours,
  signal?: AbortSignal,
): Promise<Parity> {
  const found = matchByTopology(ours.graph, onnx.file);
  const places = stageEnds(ours.graph);
  const watched = new Map(
    places.flatMap((place) => {
      const name = found.get(place.reader)?.inputs[0];
      return name === undefined ? [] : [[place, name] as const];
    }),
  );
  const image = imageFor(ours);
  const results = await runOurs(ours, places, image.floats, signal);
  signal?.throwIfAborted();
  const added = [...watched.values()].filter((name) => !onnx.file.outputs.includes(name));
  let theirs: ReadonlyMap<string, OnnxResult>;
  try {
    theirs = await runOnnxFile(onnx, image, [...new Set(added)]);
  } catch (error) {
    return { reason: (error as Error).message.split("\n")[0] ?? "" };
  }
  const between = (at: string, numbers: Float32Array): Difference[] => {
    const expected = results.get(at)?.data;
    if (numbers.length !== expected?.length) return [];
    return [{ at, difference: relativeL2(numbers, expected) }];
  };
  const stages = [...watched].flatMap(([{ title }, name]) =>
    between(title, firstOf(theirs.get(name))),
  );
  const outputs = onnx.file.outputs.flatMap((name) => {
    const numbers = firstOf(theirs.get(name));
    const classes = numbers.length - ours.droppedClasses;
    if (classes !== results.get("logits")?.data.length) return between("features", numbers);
    const kept = numbers.subarray(ours.droppedClasses);
    if (!numbers.every((one) => one >= 0)) return between("logits", kept);
    const sum = kept.reduce((total, one) => total + one, 0);
    return between("probabilities", ours.droppedClasses > 0 ? kept.map((one) => one / sum) : kept);
  });
  return [...stages, ...outputs];
}

function stageEnds({ stages, blocks, nodes }: Graph): Place[] {
  return stages.flatMap((stage) => {
    const value = blocks.get(stage.blocks.at(-1) ?? "");
    const reader = nodes.find(({ op, inputs }) => op === "conv2d" && inputs[0] === value);
    const weight = reader?.inputs[1]?.name.replace(/\/weight$/, "");
    return value && weight !== undefined ? [{ title: stage.title, value, reader: weight }] : [];
  });
}

/** Noise of the size that the network takes, as bytes and as what becomes of them. */
function imageFor({ graph, preprocessing = presets.timm }: Ours) {
  const [, , height = 0, width = 0] = graph.inputs[0]?.shape ?? [];
  const random = createRandom(0, "parity");
  const data = Uint8Array.from({ length: 3 * height * width }, () => 256 * random.uniform());
  const pixels: Pixels = { width, height, data };
  const { shape, data: floats } = preprocess(pixels, preprocessing, { width, height });
  return { pixels, floats: { shape: [1, ...shape], data: floats } };
}

/** The ends of stages by title, the outputs by name, and `probabilities`. */
async function runOurs(
  { graph, parameters, temperature = 1, activation }: Ours,
  places: readonly Place[],
  image: Tensor,
  signal: AbortSignal | undefined,
): Promise<Tensors> {
  const ends = places.map(({ title, value }) => [title, value] as const);
  const watched = { ...graph, outputs: new Map([...ends, ...graph.outputs]) };
  const executor = await createExecutor();
  try {
    const program = await executor.compile(watched, parameters, { consume: true, signal });
    const results = await program.run(new Map([["image", image]]), { signal });
    const logits = results.get("logits");
    if (!logits) return results;
    const usual = usualActivation(logits.data.length);
    const data = scoresOf(logits.data, temperature, activation ?? usual);
    return new Map([...results, ["probabilities", { ...logits, data: Float32Array.from(data) }]]);
  } finally {
    await executor.dispose();
  }
}

/** The first image's part of a result; nothing of results that are no floats. */
function firstOf(result: OnnxResult | undefined): Float32Array {
  if (result?.type !== "float32" && result?.type !== "float16") return new Float32Array();
  const { buffer, byteOffset, byteLength } = result.data;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  const floats = decodeFloats(bytes, result.type === "float32" ? "F32" : "F16");
  return floats.subarray(0, floats.length / (result.shape[0] ?? 1));
}
