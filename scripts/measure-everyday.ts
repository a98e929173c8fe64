/**
 * @file The figures of the model everyday for its card, as Markdown: accuracy in all and by domain
 * with intervals, classes, confusions, calibration, and how sure it is of pictures of nothing.
 *
 *   node dist/scripts/measure-everyday.js DATASETS [WEIGHTS]
 *
 * DATASETS holds clothing/, trashnet/ and grocery/, each with val/<class>.
 */
import { join } from "node:path";
import {
  type Evaluation,
  type EvaluationInput,
  evaluateLogits,
} from "@inception-resnet-v2/core/internal/evaluation/metrics.js";
import { crossFit } from "@inception-resnet-v2/core/internal/evaluation/temperature.js";
import type { Pixels } from "@inception-resnet-v2/core/internal/image/pixels.js";
import { createRandom, type Random } from "@inception-resnet-v2/core/internal/tensor/random.js";
import { labelledLogits } from "inception-resnet-v2/internal/evaluation/evaluate.js";
import { InceptionResNetV2 } from "inception-resnet-v2/internal/model/model.js";

const domains = ["clothing", "trashnet", "grocery"] as const;
const [datasets = "datasets", weights = "everyday"] = process.argv.slice(2);
/** Width and height of pictures of nothing, in pixels. */
const side = 200;
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

await using model = await InceptionResNetV2.load(weights);
const inputs: EvaluationInput[] = [];
for (const domain of domains) {
  inputs.push((await labelledLogits(model, { data: join(datasets, domain, "val") })).input);
}
const all = join3(inputs);
const whole = evaluate(all);
print("## Accuracy\n");
print("| validation photos | n | top-1 (95 % interval) | top-5 | calibration error |");
print("| --- | --- | --- | --- | --- |");
row("all three", whole);
domains.forEach((domain, at) => {
  row(domain, evaluate(inputs[at] as EvaluationInput));
});
const crossed = evaluateLogits({ ...all, logits: crossFit(all) });
print(
  `\nThe temperature ${model.temperature} was fitted on these photos; with each half calibrated by the other half, the error is ${percent(crossed.calibrationError)}.\n`,
);
print("## Confusions\n");
print("| actual | predicted | photos | of its class |\n| --- | --- | --- | --- |");
for (const { actual, predicted, images, share } of whole.confusedPairs.slice(0, 12)) {
  print(`| ${actual} | ${predicted} | ${images} | ${percent(share)} |`);
}
const weak = whole.perClass
  .filter(({ images }) => images > 0)
  .sort((a, b) => a.f1 - b.f1)
  .slice(0, 8)
  .map(({ label, f1, images }) => `${label} ${f1.toFixed(2)} (${images})`);
print(`\nLowest F1 (photos): ${weak.join(", ")}.\n`);
print("## Calibration\n");
print("| score | photos | mean score | correct |\n| --- | --- | --- | --- |");
for (const { from, to, images, confidence, accuracy } of whole.calibration) {
  if (images > 0)
    print(
      `| ${percent(from)} to ${percent(to)} | ${images} | ${percent(confidence)} | ${percent(accuracy)} |`,
    );
}
await measureNothing();

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** The figures of the scores as `classify` gives them. */
function evaluate(input: EvaluationInput): Evaluation {
  return evaluateLogits({ ...input, logits: input.logits.map((one) => one / model.temperature) });
}

function row(name: string, { images, top1, top5, calibrationError }: Evaluation): void {
  const [low, high] = wilson(top1, images);
  print(
    `| ${name} | ${images} | ${percent(top1)} (${percent(low)} to ${percent(high)}) | ${percent(top5)} | ${percent(calibrationError)} |`,
  );
}

/** Wilson's interval of a share, 95 %. */
function wilson(share: number, n: number): [number, number] {
  const z = 1.959964;
  const middle = share + z ** 2 / (2 * n);
  const half = z * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n ** 2));
  return [(middle - half) / (1 + z ** 2 / n), (middle + half) / (1 + z ** 2 / n)];
}

function join3(parts: readonly EvaluationInput[]): EvaluationInput {
  const logits = new Float32Array(parts.reduce((sum, part) => sum + part.logits.length, 0));
  let at = 0;
  for (const part of parts) {
    logits.set(part.logits, at);
    at += part.logits.length;
  }
  const [first] = parts as [EvaluationInput];
  const labels = parts.flatMap((part) => part.labels);
  return { classes: first.classes, logits, labels, files: parts.flatMap((part) => part.files) };
}

/** How sure the model is of 200 pictures that show nothing: noise and textures. */
async function measureNothing(): Promise<void> {
  const kinds = { noise, "soft noise": clouds, stripes, checks, "plain color": plain } as const;
  print("\n## Pictures of nothing\n");
  print(
    "| forty pictures of | mean top score | highest | most often predicted |\n| --- | --- | --- | --- |",
  );
  const means: number[] = [];
  for (const [name, draw] of Object.entries(kinds)) {
    const random = createRandom(0, name);
    const best: { score: number; label: string }[] = [];
    for (let n = 0; n < 40; n++) {
      const [top] = await model.classify(draw(random), { topK: 1 });
      if (top) best.push(top);
    }
    const scores = best.map(({ score }) => score);
    const counts = new Map<string, number>();
    for (const { label } of best) counts.set(label, (counts.get(label) ?? 0) + 1);
    const [common] = [...counts].sort((a, b) => b[1] - a[1]);
    const mean = scores.reduce((a, b) => a + b, 0) / scores.length;
    means.push(mean);
    print(
      `| ${name} | ${percent(mean)} | ${percent(Math.max(...scores))} | ${common?.[0]} (${common?.[1]}) |`,
    );
  }
  const mean = means.reduce((a, b) => a + b, 0) / means.length;
  print(`\nMean top score of the 200: ${percent(mean)}.`);
}

function picture(color: (x: number, y: number, channel: number) => number): Pixels {
  const data = new Uint8Array(side * side * 3);
  for (let at = 0; at < data.length; at++) {
    const cell = Math.floor(at / 3);
    const value = color(cell % side, Math.floor(cell / side), at % 3);
    data[at] = Math.max(0, Math.min(255, Math.round(value)));
  }
  return { width: side, height: side, data };
}

function noise(random: Random): Pixels {
  return picture(() => 256 * random.uniform());
}

/** Waves of random direction and length on top of each other. */
function clouds(random: Random): Pixels {
  const waves = Array.from({ length: 18 }, (_, at) => ({
    fx: (random.uniform() - 0.5) / 6,
    fy: (random.uniform() - 0.5) / 6,
    phase: 2 * Math.PI * random.uniform(),
    channel: at % 3,
  }));
  return picture((x, y, channel) =>
    waves
      .filter((wave) => wave.channel === channel)
      .reduce((sum, { fx, fy, phase }) => sum + 40 * Math.sin(x * fx + y * fy + phase), 128),
  );
}

function stripes(random: Random): Pixels {
  const [angle, period] = [Math.PI * random.uniform(), 4 + 30 * random.uniform()];
  const colors = [plainColor(random), plainColor(random)] as const;
  return picture((x, y, channel) => {
    const along = (x * Math.cos(angle) + y * Math.sin(angle)) / period;
    return colors[along - Math.floor(along) < 0.5 ? 0 : 1][channel] as number;
  });
}

function checks(random: Random): Pixels {
  const cell = 3 + random.below(30);
  const colors = [plainColor(random), plainColor(random)] as const;
  return picture(
    (x, y, channel) =>
      colors[(Math.floor(x / cell) + Math.floor(y / cell)) % 2 === 0 ? 0 : 1][channel] as number,
  );
}

function plain(random: Random): Pixels {
  const color = plainColor(random);
  return picture((_x, _y, channel) => color[channel] as number);
}

function plainColor(random: Random): [number, number, number] {
  return [256 * random.uniform(), 256 * random.uniform(), 256 * random.uniform()];
}
