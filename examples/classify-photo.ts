/**
 * @file Names what is in photos: node dist/examples/classify-photo.js WEIGHTS PHOTO ...
 */
import { InceptionResNetV2 } from "inception-resnet-v2";

const [weights = "model.safetensors", ...photos] = process.argv.slice(2);

await using model = await InceptionResNetV2.load(weights);

for await (const result of model.classifyAll(photos, { topK: 3 })) {
  if ("error" in result) {
    console.log(result.error.message);
    continue;
  }
  const [best] = result.predictions;
  console.log(`${result.source}: ${best?.label} (${((best?.score ?? 0) * 100).toFixed(1)} %)`);
}
