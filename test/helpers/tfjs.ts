/**
 * @file TensorFlow.js itself, on its CPU backend, as the program that reads and writes layers models.
 */
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";
import "@tensorflow/tfjs-backend-cpu";
import { type Tensor, tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";

tf.enableProdMode(); // without it, the backend prints an advertisement of another package

/** A model that TensorFlow.js has loaded. */
export type TfjsModel = layers.LayersModel;

/** Loads a folder as a browser would: `model.json`, and the shards that it names. */
export async function loadTfjs(folder: string): Promise<TfjsModel> {
  const json = JSON.parse(readFileSync(join(folder, "model.json"), "utf8")) as tf.io.ModelJSON;
  const artifacts = await tf.io.getModelArtifactsForJSON(json, async (manifest) => {
    const shards = manifest.flatMap(({ paths }) => paths.map((path) => join(folder, path)));
    const bytes = Buffer.concat(shards.map((shard) => readFileSync(shard)));
    return [tf.io.getWeightSpecs(manifest), new Uint8Array(bytes).buffer];
  });
  return layers.loadLayersModel(tf.io.fromMemory(artifacts));
}

/** What the model makes of images [n,3,height,width]: [n,c], or [n,c,height,width] of a grid. */
export function predictTfjs(model: TfjsModel, { shape, data }: Tensor): Tensor {
  const result = tf.tidy(() => {
    const images = tf.transpose(tf.tensor(data, [...shape]), [0, 2, 3, 1]);
    const output = model.predict(images) as tf.Tensor;
    return output.rank === 4 ? tf.transpose(output, [0, 3, 1, 2]) : output;
  });
  const ours = tensor(result.shape, Float32Array.from(result.dataSync()));
  result.dispose();
  return ours;
}

/**
 * Lets TensorFlow.js save a model: its own topology and specs of weights, in a new folder. The bytes
 * are one file as its browser handlers write it, or shards of some size as its converter cuts them.
 */
export async function saveTfjs(model: TfjsModel, folder: string, shardBytes?: number) {
  const handler = tf.io.withSaveHandler(async (artifacts) => {
    const { weightData, weightSpecs = [], ...rest } = artifacts;
    const all = new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData));
    const size = shardBytes ?? all.length;
    const count = Math.ceil(all.length / size);
    const shards = Array.from({ length: count }, (_, at) => ({
      path: count === 1 ? "./model.weights.bin" : `group1-shard${at + 1}of${count}.bin`,
      bytes: all.subarray(at * size, (at + 1) * size),
    }));
    const paths = shards.map(({ path }) => path);
    const json = { ...rest, weightsManifest: [{ paths, weights: weightSpecs }] };
    await mkdir(folder);
    await writeFile(join(folder, "model.json"), JSON.stringify(json));
    for (const { path, bytes } of shards) await writeFile(join(folder, path), bytes);
    return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
  });
  await model.save(handler);
}

/**
 * The same network as someone has it who built it with TensorFlow.js and gave no names: the layers are
 * then called `conv2d_Conv2D1`, `batch_normalization_BatchNormalization1` and so on.
 */
export function rebuildWithoutNames(model: TfjsModel): TfjsModel {
  type Layer = layers.layers.Layer;
  const made = new Map<Layer, layers.SymbolicTensor>();
  for (const layer of model.layers) {
    const { name: _, ...config } = layer.getConfig();
    const sources = layer.inboundNodes[0]?.inboundLayers ?? [];
    if (sources.length === 0) {
      made.set(layer, layers.input({ batchShape: layer.batchInputShape }));
      continue;
    }
    const copy = new (layer.constructor as new (config: object) => Layer)(config);
    const inputs = sources.map((one) => made.get(one) as layers.SymbolicTensor);
    const output = copy.apply(inputs.length === 1 ? (inputs[0] as layers.SymbolicTensor) : inputs);
    made.set(layer, output as layers.SymbolicTensor);
    copy.setWeights(layer.getWeights());
  }
  const ends = [...made.values()];
  return layers.model({
    inputs: ends[0] as layers.SymbolicTensor,
    outputs: ends.at(-1) as layers.SymbolicTensor,
  });
}
