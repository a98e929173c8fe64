/**
 * @file Trains a classifier on your own photos, and shows how it comes along:
 * node dist/examples/train-classifier.js PHOTOS WEIGHTS RUN
 *
 * The body of the network stays as it is, so this takes minutes: its features are computed once.
 */
import { join } from "node:path";
import { evaluate, fit } from "inception-resnet-v2";

const [data = "photos", weights = "model.safetensors", out = "run"] = process.argv.slice(2);

const { run } = await fit({
  data,
  weights,
  out,
  freeze: "body",
  epochs: 3,
  onEpoch({ epoch, validationTop1 }) {
    console.log(`epoch ${epoch}: ${((validationTop1 ?? 0) * 100).toFixed(0)} %`);
  },
});

const { evaluation } = await evaluate({ data, weights: join(run, "weights/best.safetensors") });
for (const { label, recall } of evaluation.perClass) {
  console.log(`${label}: ${(recall * 100).toFixed(0)} % found`);
}
