/**
 * @file Looks inside: the stages, one block as a graph, and the activations of a picture there.
 * node dist/examples/inside-the-network.js PICTURE
 */
import { configureNetwork, InceptionResNetV2, lower, printGraph } from "inception-resnet-v2";

const [picture = "examples/lemon.png"] = process.argv.slice(2);

const graph = lower(configureNetwork({ width: 0.25, classes: 10 }));
console.log(printGraph(graph, { scope: "block35_1", costs: true }));

await using model = await InceptionResNetV2.create({ width: 0.25, classes: 10, seed: 1 });
for (const { name, output } of model.summary({ depth: "stage" }).rows) {
  console.log(name.padEnd(22), output.join(" x "));
}
const activations = await model.features(picture, ["mixed_6a", "block17_20"]);
for (const [block, { shape, data }] of activations) {
  const alive = data.filter((value) => value > 0).length / data.length;
  console.log(`${block}: ${shape.join("x")}, ${(alive * 100).toFixed(0)} % above zero`);
}
