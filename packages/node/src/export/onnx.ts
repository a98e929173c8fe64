/**
 * @file A network with its weights as an ONNX file that any runtime takes: batch norm folded, and
 * on request with the preprocessing and the softmax inside.
 */
import { UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import { forInference } from "@inception-resnet-v2/core/internal/graph/passes/for-inference.js";
import type { Preprocessing } from "@inception-resnet-v2/core/internal/image/presets.js";
import {
  encodeOnnx,
  type OnnxInitializer,
  type OnnxNode,
  type OnnxValue,
} from "@inception-resnet-v2/core/internal/onnx/onnx-file.js";
import { lowerNodes } from "@inception-resnet-v2/core/internal/onnx/to-onnx.js";
import { usualActivation } from "@inception-resnet-v2/core/internal/predictions/predictions.js";
import { encodeFloats } from "@inception-resnet-v2/core/internal/weights/formats/floats.js";
import { encodeMetadata } from "@inception-resnet-v2/core/internal/weights/metadata.js";
import type { LoadedWeights } from "@inception-resnet-v2/core/internal/weights/take.js";
import { OnnxNodes } from "./onnx-nodes.js";
import { preprocessNodes } from "./onnx-preprocess.js";

/** How to write. */
export interface OnnxExportOptions {
  /**
   * Whether images go in as bytes: `image` uint8 [n,height,width,3], RGB, of any size. Otherwise
   * `image` is float32 [n,3,height,width], preprocessed; false.
   */
  readonly preprocessing?: boolean | undefined;
  /** Type of weights and activations; inputs and outputs stay float32 (or uint8). `F32`. */
  readonly dtype?: "F32" | "F16" | undefined;
  /** Images a run; any number where nothing is said. */
  readonly batch?: number | undefined;
}

/** Weights as `loadWeights` gives them, with all that is known of their use. */
export interface ExportedModel
  extends Pick<
    LoadedWeights,
    "graph" | "parameters" | "network" | "labels" | "temperature" | "activation"
  > {
  readonly preprocessing: Preprocessing;
}

/** Operator set 18 is the first whose `Resize` knows antialiasing. */
const operatorSets = [{ domain: "", version: 18 }];

/**
 * The bytes of an ONNX file with the outputs `logits` [n,classes], `probabilities` [n,classes] (the
 * softmax or sigmoid after the temperature of the weights) and `features` [n,c]. Class names and preprocessing
 * are in the metadata. Throws `UsageError` for a preprocessing that ONNX cannot spell and `ModelError`
 * where a weight does not fit in float16.
 */
export function exportOnnx(model: ExportedModel, options: OnnxExportOptions = {}): Uint8Array {
  const { preprocessing: isInside = false, dtype = "F32", batch } = options;
  const { graph, parameters } = forInference(model);
  const { inputSize } = model.network;
  const [input] = graph.inputs;
  if (!input)
    throw new UsageError("GRAPH_INVALID", "Cannot export: expected a network with an input");
  const before = new OnnxNodes("preprocess");
  const image = isInside ? preprocessNodes(before, "pixels", model.preprocessing, inputSize) : "";
  const given = isInside ? image : "image";
  const start = new OnnxNodes("start");
  const entry = dtype === "F16" ? start.cast(given, "float16") : start.add("Identity", [given]);
  const body = lowerNodes(graph);
  const end = new OnnxNodes("end");
  const outputs = [...graph.outputs].map(([name, value]): OnnxValue => {
    const raw = value.name === name ? `${name}#raw` : value.name;
    if (dtype === "F16") end.cast(raw, "float32", name);
    else end.add("Identity", [raw], {}, name);
    return { name, shape: [batch ?? "N", ...value.shape.slice(1)] };
  });
  const logits = graph.outputs.get("logits");
  if (logits) {
    const cooled = end.add("Div", ["logits", end.floats(model.temperature ?? 1)]);
    const activation = model.activation ?? usualActivation(logits.shape[1] ?? 0);
    if (activation === "sigmoid") end.add("Sigmoid", [cooled], {}, "probabilities");
    else end.add("Softmax", [cooled], { axis: 1 }, "probabilities");
    outputs.push({ name: "probabilities", shape: [batch ?? "N", ...logits.shape.slice(1)] });
  }
  const own = new Set(graph.outputs.keys());
  const rename = (name: string) => {
    if (name === input.name) return entry;
    return own.has(name) ? `${name}#raw` : name;
  };
  const nodes = body.nodes.map(
    (node): OnnxNode => ({
      ...node,
      inputs: node.inputs.map(rename),
      outputs: node.outputs.map(rename),
    }),
  );
  const weights = graph.parameters.map(({ name, shape }): OnnxInitializer => {
    const data = parameters.get(name)?.data ?? new Float32Array();
    return {
      name,
      type: "float32",
      shape,
      bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    };
  });
  const narrowed = [...weights, ...body.constants].map((one) =>
    dtype === "F16" ? narrow(one) : one,
  );
  const [height, width] = inputSize;
  return encodeOnnx({
    name: model.network.arch,
    operatorSets,
    nodes: [...before.nodes, ...start.nodes, ...nodes, ...end.nodes],
    initializers: [...before.constants, ...start.constants, ...narrowed, ...end.constants],
    inputs: [
      isInside
        ? { name: "pixels", type: "uint8", shape: [batch ?? "N", "height", "width", 3] }
        : { name: "image", shape: [batch ?? "N", 3, height, width] },
    ],
    outputs: outputs.toReversed(),
    metadata: encodeMetadata({
      network: model.network,
      ...(model.labels && { labels: model.labels }),
      preprocessing: model.preprocessing,
      ...(model.temperature !== undefined && { temperature: model.temperature }),
      ...(model.activation && { activation: model.activation }),
    }),
  });
}

function narrow(one: OnnxInitializer): OnnxInitializer {
  if (one.type !== "float32" || !(one.bytes instanceof Uint8Array)) return one;
  const copy = new Uint8Array(one.bytes); // a copy is aligned
  const floats = new Float32Array(copy.buffer);
  return { ...one, type: "float16", bytes: encodeFloats(floats, "F16", one.name) };
}
