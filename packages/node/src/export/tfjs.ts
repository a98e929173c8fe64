/**
 * @file A network with its weights as a TensorFlow.js layers model: `model.json` and shards of weights,
 * which `tf.loadLayersModel` takes as they are.
 *
 * The topology is Keras 2's JSON, NHWC, with layers that TensorFlow.js knows: the residual scale is a
 * `Rescaling`, so that no weight is changed. Kernels are HWIO, dense weights [in, out].
 */
import type { AnyNode, Graph, Value } from "@inception-resnet-v2/core/internal/graph/ir.js";
import { selectOutputs } from "@inception-resnet-v2/core/internal/graph/passes/select-outputs.js";
import type { Tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { encodeMetadata } from "@inception-resnet-v2/core/internal/weights/metadata.js";
import { toHwio } from "@inception-resnet-v2/core/internal/weights/sources/hwio.js";
import { releasedName } from "@inception-resnet-v2/core/internal/weights/sources/keras.js";
import type { ExportedModel } from "./onnx.js";

/** The files of a model, by name. */
export type TfjsFiles = ReadonlyMap<string, Uint8Array>;

/** Bytes of a shard, as TensorFlow.js' converter cuts them: what browsers like to cache. */
const shardBytes = 4 * 2 ** 20;

interface Weight {
  readonly name: string;
  readonly tensor: Tensor;
}

/** A layer as Keras writes it, without its inputs. */
interface Layer {
  /** Tag of the union. */
  readonly kind: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly weights: readonly Weight[];
}

/**
 * `model.json` and its shards. The output is the logits, or the features of a model without top; the
 * auxiliary classifier is left out.
 */
export function exportTfjs({ parameters, ...model }: ExportedModel): TfjsFiles {
  const { outputs } = model.graph;
  const end = outputs.get("logits") ?? (outputs.get("features") as Value);
  const graph = selectOutputs(model.graph, new Map([["end", end]]));
  const [input] = graph.inputs as readonly [Value];
  const [, , height, width] = input.shape;
  const names = new Map<Value, string>([[input, "image"]]);
  const layers: object[] = [
    {
      class_name: "InputLayer",
      name: "image",
      config: { name: "image", batch_input_shape: [null, height, width, 3], dtype: "float32" },
      inbound_nodes: [],
    },
  ];
  const weights: Weight[] = [];
  for (const node of graph.nodes) {
    const [output] = node.outputs as readonly [Value];
    const inputs = node.inputs.flatMap((one) => names.get(one) ?? []);
    const name = layerName(node);
    const {
      kind,
      config,
      weights: own,
    } = layerOf(node, graph, name, (value) => {
      return parameters.get(value.name) as Tensor;
    });
    names.set(output, name);
    weights.push(...own);
    layers.push({
      class_name: kind,
      name,
      config: { name, trainable: true, dtype: "float32", ...config },
      inbound_nodes: [inputs.map((one) => [one, 0, 0, {}])],
    });
  }
  const shards = cut(weights);
  const paths = shards.map((_, at) => `group1-shard${at + 1}of${shards.length}.bin`);
  const json = {
    format: "layers-model",
    generatedBy: "inception-resnet-v2",
    convertedBy: null,
    modelTopology: {
      keras_version: "2.15.0",
      backend: "tensorflow",
      model_config: {
        class_name: "Functional",
        config: {
          name: model.network.arch,
          trainable: true,
          layers,
          input_layers: [["image", 0, 0]],
          output_layers: [[names.get(end), 0, 0]],
        },
      },
    },
    weightsManifest: [
      {
        paths,
        weights: weights.map(({ name, tensor }) => ({
          name,
          shape: tensor.shape,
          dtype: "float32",
        })),
      },
    ],
    userDefinedMetadata: encodeMetadata({
      network: model.network,
      ...(model.labels && { labels: model.labels }),
      preprocessing: model.preprocessing,
      ...(model.temperature !== undefined && { temperature: model.temperature }),
    }),
  };
  return new Map([
    ["model.json", new TextEncoder().encode(JSON.stringify(json))],
    ...shards.map((bytes, at): [string, Uint8Array] => [paths[at] as string, bytes]),
  ]);
}

/** Layers with weights have the names of Keras' released files; names of Keras have no slashes. */
function layerName({ op, name, inputs }: AnyNode): string {
  const layer = inputs[1]?.name.replace(/\/[^/]+$/, "") ?? "";
  if (op === "conv2d" || op === "linear") return releasedName(layer);
  return op === "batch_norm" ? `${releasedName(layer)}_BatchNorm` : name.replaceAll("/", "_");
}

function layerOf(
  node: AnyNode,
  graph: Graph,
  name: string,
  tensorOf: (value: Value) => Tensor,
): Layer {
  const parameters = graph.parameters.filter((one) => node.inputs.includes(one));
  /** The parameters of these roles, in Keras' order and layout. */
  const take = (leaves: Readonly<Record<string, string>>): Weight[] =>
    Object.entries(leaves).flatMap(([role, leaf]) => {
      const found = parameters.find((one) => one.role === role);
      return found ? [{ name: `${name}/${leaf}`, tensor: toHwio(tensorOf(found)) }] : [];
    });
  const plain = (kind: string, config: Layer["config"] = {}): Layer => ({
    kind,
    config,
    weights: [],
  });
  const pool = (
    kind: string,
    { kernel, stride }: { kernel: unknown; stride: unknown },
    padding: string,
  ) => plain(kind, { pool_size: kernel, strides: stride, padding, data_format: "channels_last" });
  switch (node.op) {
    case "conv2d": {
      const [outputs, , height, width] = node.inputs[1]?.shape ?? [];
      const weights = take({ weight: "kernel", bias: "bias" });
      return {
        kind: "Conv2D",
        config: {
          filters: outputs,
          kernel_size: [height, width],
          strides: node.attributes.stride,
          padding: isSame(node.attributes.padding, [height, width]) ? "same" : "valid",
          data_format: "channels_last",
          dilation_rate: [1, 1],
          activation: "linear",
          use_bias: weights.length > 1,
        },
        weights,
      };
    }
    case "batch_norm": {
      const leaves = { gamma: "gamma", beta: "beta", moving_mean: "moving_mean" } as const;
      const weights = take({ ...leaves, moving_variance: "moving_variance" });
      const scale = parameters.some(({ role }) => role === "gamma");
      const { epsilon } = node.attributes;
      return {
        kind: "BatchNormalization",
        config: { axis: 3, momentum: 0.99, epsilon, center: true, scale },
        weights,
      };
    }
    case "linear": {
      const weights = take({ weight: "kernel", bias: "bias" });
      const units = node.outputs[0]?.shape[1];
      return { kind: "Dense", config: { units, activation: "linear", use_bias: true }, weights };
    }
    case "relu":
      return plain("Activation", { activation: "relu" });
    case "max_pool":
      return pool("MaxPooling2D", node.attributes, "valid");
    case "avg_pool":
      return pool("AveragePooling2D", node.attributes, "same");
    case "global_avg_pool":
      return plain("GlobalAveragePooling2D", { data_format: "channels_last" });
    case "global_max_pool":
      return plain("GlobalMaxPooling2D", { data_format: "channels_last" });
    case "concat":
      return plain("Concatenate", { axis: -1 });
    case "scale":
      return plain("Rescaling", { scale: node.attributes.factor, offset: 0 });
    case "add":
      return plain("Add");
    case "dropout":
      return plain("Dropout", { rate: node.attributes.rate });
    default:
      return plain("Flatten");
  }
}

/** Every padded convolution here has stride 1 and pads as TensorFlow's SAME does. */
function isSame(padding: readonly number[], kernel: readonly (number | undefined)[]): boolean {
  return padding.some((size) => size > 0) || kernel.every((size) => size === 1);
}

/** The bytes of all weights in a row, cut into shards. */
function cut(weights: readonly Weight[]): Uint8Array[] {
  const all = Buffer.concat(
    weights.map(({ tensor: { data } }) =>
      Buffer.from(data.buffer, data.byteOffset, data.byteLength),
    ),
  );
  return Array.from({ length: Math.ceil(all.length / shardBytes) }, (_, at) =>
    all.subarray(at * shardBytes, (at + 1) * shardBytes),
  );
}
