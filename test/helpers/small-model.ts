/**
 * @file A small network with weights of its own, in a file, and pictures to show it.
 */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ArchitectureName,
  defaultArchitecture,
} from "@inception-resnet-v2/core/internal/architecture/architecture.js";
import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";
import { configureNetwork } from "@inception-resnet-v2/core/internal/architecture/transforms.js";
import { presets } from "@inception-resnet-v2/core/internal/image/presets.js";
import { initializeParameters } from "@inception-resnet-v2/core/internal/weights/initialize.js";
import type { NetworkShape } from "@inception-resnet-v2/core/internal/weights/metadata.js";
import { saveWeights } from "inception-resnet-v2/internal/weights/save.js";
import sharp from "sharp";

/** Labels of the small network. */
export const smallLabels = ["ant", "bee", "cat", "dog", "elk", "fox"];

/** Its input size in pixels. */
export const smallSize = 107;

/** A new folder with `small.safetensors` in it: a network of width 0.1, 6 classes, metadata. */
export async function smallModelFolder(
  arch: ArchitectureName = defaultArchitecture,
): Promise<{ folder: string; weights: string }> {
  const folder = await mkdtemp(join(tmpdir(), "irv2-"));
  const weights = join(folder, "small.safetensors");
  const network: NetworkShape = {
    arch,
    width: 0.1,
    inputSize: [smallSize, smallSize],
    pooling: "avg",
    dropout: 0.2,
  };
  const graph = lower(configureNetwork({ ...network, classes: smallLabels.length }));
  const parameters = initializeParameters(graph, { initializer: "slim", seed: 3 });
  const metadata = { network, labels: smallLabels, preprocessing: presets.timm };
  await saveWeights(weights, parameters, { metadata });
  return { folder, weights };
}

/** Writes a picture of smooth color that depends on `seed`; the ending decides the format. */
export async function drawPicture(path: string, seed: number): Promise<void> {
  const [width, height] = [150 + seed, 120];
  const data = new Uint8Array(width * height * 3);
  for (let at = 0; at < data.length; at++) {
    const [x, y] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width)];
    data[at] = 127 + 120 * Math.sin((x * (at % 3)) / 20 + y / (11 + seed));
  }
  await sharp(data, { raw: { width, height, channels: 3 } }).toFile(path);
}
