/**
 * @file Finds the two photos that are most alike, by the angle between their features:
 * node dist/examples/most-alike.js WEIGHTS PHOTO PHOTO ...
 */
import { InceptionResNetV2 } from "inception-resnet-v2";

const [weights = "model.safetensors", ...photos] = process.argv.slice(2);

await using model = await InceptionResNetV2.load(weights);
const features = await model.embed(photos);

const dot = (a: Float32Array, b: Float32Array) =>
  a.reduce((sum, x, at) => sum + x * (b[at] ?? 0), 0);
const cosine = (a: Float32Array, b: Float32Array) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));

const pairs = photos.flatMap((first, i) =>
  photos.slice(i + 1).map((second, k) => {
    const [a, b] = [features[i], features[i + 1 + k]];
    return { first, second, likeness: a && b ? cosine(a, b) : 0 };
  }),
);
const [best] = pairs.sort((a, b) => b.likeness - a.likeness);
console.log(`${best?.first} and ${best?.second}: ${best?.likeness.toFixed(3)}`);
