/**
 * @file Prints where a forward pass of eight images on oneDNN goes, stage by stage, as JSON, and the
 * fastest rate of a large convolution beside it. Arguments: precision, threads.
 */
import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";
import { configureNetwork } from "@inception-resnet-v2/core/internal/architecture/transforms.js";
import { GraphBuilder } from "@inception-resnet-v2/core/internal/graph/builder.js";
import { nodeCosts } from "@inception-resnet-v2/core/internal/graph/costs.js";
import type { Graph } from "@inception-resnet-v2/core/internal/graph/ir.js";
import { type Tensors, tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { initializeParameters } from "@inception-resnet-v2/core/internal/weights/initialize.js";
import { OneDnnEngine } from "inception-resnet-v2/internal/executors/onednn/engine.js";
import { Runtime } from "inception-resnet-v2/internal/executors/onednn/runtime.js";
import { median } from "./measure.js";
import { randomImages } from "./random-images.js";
import type { Roofline } from "./roofline.js";

const batch = 8;
const runs = 7;

const [precision = "fp32", threads = "2"] = process.argv.slice(2);
const runtime = await Runtime.open(Number(threads));
const engine = new OneDnnEngine(runtime, precision === "bf16" ? "bf16" : "f32");

/** Median milliseconds of each node, by its name, and of what belongs to none. */
async function profile(graph: Graph, parameters: Tensors, inputs: Tensors) {
  const program = await engine.compile(graph, parameters, { consume: false });
  program.profile(inputs);
  const times = new Map<string, number[]>();
  for (let at = 0; at < runs; at++) {
    const once = new Map<string, number>();
    for (const { of, ms } of program.profile(inputs)) once.set(of, (once.get(of) ?? 0) + ms);
    for (const [name, ms] of once) times.set(name, [...(times.get(name) ?? []), ms]);
  }
  await program.release();
  return new Map([...times].map(([name, list]) => [name, median(list)]));
}

/** GFLOP/s of a convolution that has all the room it can want. */
async function measurePeak(): Promise<number> {
  const builder = new GraphBuilder();
  const x = builder.input("x", [batch, 256, 35, 35]);
  const w = builder.parameter("w", [256, 256, 5, 5], "weight");
  const y = builder.add("conv2d", "y", [x, w], { stride: [1, 1], padding: [2, 2] });
  const graph = builder.finish("peak", new Map([["y", y]]));
  const inputs = new Map([["x", tensor(x.shape)]]);
  const ms = (await profile(graph, new Map([["w", tensor(w.shape)]]), inputs)).get("y");
  return (2 * batch * 256 * 256 * 25 * 35 * 35) / 1e6 / (ms ?? Number.NaN);
}

const graph = lower(configureNetwork(), { batch });
const parameters = initializeParameters(graph, { initializer: "slim", seed: 0 });
const times = await profile(graph, parameters, new Map([["image", randomImages(batch, 299)]]));
const stageOf = (name: string) =>
  graph.stages.find(({ blocks }) => blocks.some((block) => name.startsWith(`${block}/`)))?.title ??
  "pooling, classifier and copies";
const stages = new Map<string, { ms: number; gflop: number }>();
const costs = [...nodeCosts(graph)];
const multiplyAdds = new Map(costs.map(([{ name }, cost]) => [name, cost.multiplyAdds]));
for (const [name, ms] of times) {
  const title = stageOf(name);
  const known = stages.get(title) ?? { ms: 0, gflop: 0 };
  known.ms += ms / batch;
  known.gflop += (2 * (multiplyAdds.get(name) ?? 0)) / 1e9 / batch;
  stages.set(title, known);
}
const found: Roofline = {
  peakGflops: await measurePeak(),
  stages: [...stages].map(([title, figures]) => ({ title, ...figures })),
};
await engine.dispose();
process.stdout.write(JSON.stringify(found));
