/**
 * @file `report.html` of a run: its best weights on the validation photos, as one page.
 */
import {
  type Evaluation,
  evaluateLogits,
} from "@inception-resnet-v2/core/internal/evaluation/metrics.js";
import {
  evaluationReport,
  trainingReport,
} from "@inception-resnet-v2/core/internal/evaluation/report.js";
import { formatSeconds } from "@inception-resnet-v2/core/internal/summary/format.js";
import type { Freeze } from "@inception-resnet-v2/core/internal/training/freeze.js";
import { writeText } from "../../files/write-file.js";
import { thumbnail } from "../../image/thumbnail.js";
import { InceptionResNetV2 } from "../../model/model.js";
import { saving } from "./checkpoint.js";
import type { Run } from "./run.js";

/** Side of the pictures in a report, in pixels. */
const pictureSide = 160;

/**
 * Evaluates the best weights of a run, as `irv2 evaluate` would, where there are validation photos, and
 * writes the page; `engine` says what it was trained on.
 */
export async function writeReport(run: Run, engine: string): Promise<void> {
  const { settings, dataset, folder, progress } = run;
  const evaluation = dataset.validation.length > 0 ? await evaluateBest(run) : undefined;
  const { best, rows } = progress;
  const seconds = rows.reduce((sum, row) => sum + row.seconds, 0);
  const facts: [string, string][] = [
    ["Photos", `${dataset.train.length} to train, ${dataset.validation.length} to validate`],
    ["Classes", String(dataset.classes.length)],
    ["Recipe", settings.recipe],
    ["Start", settings.weights ?? `untrained, seed ${settings.seed}`],
    ["Network", `width ${settings.width}, input ${settings.inputSize.join("x")}`],
    ...settings.phases.map(({ name, freeze, epochs, batch, learningRate }): [string, string] => [
      `Phase ${name}`,
      `${epochs} epochs, batch ${batch}, learning rate ${learningRate}, ${partTrained(freeze)} trained`,
    ]),
    ["Optimiser", `${settings.optimizer.kind}, ${settings.schedule.kind} schedule`],
    [
      "Best epoch",
      best
        ? `${best.epoch} of ${rows.length}`
        : `not known without validation photos; the weights are those of the last, ${rows.length}`,
    ],
    ["Engine", engine],
    ["Time", formatSeconds(seconds)],
  ];
  const pictures = evaluation ? await picturesOf(evaluation) : new Map<string, string>();
  const title = `Run ${folder.path}`;
  const page = trainingReport({ title, facts, epochs: rows, evaluation, pictures });
  await saving(folder.report, () => writeText(folder.report, page));
}

function partTrained(freeze: Freeze): string {
  if (freeze === "none") return "all";
  return freeze === "body" ? "the classifier" : `after ${freeze}`;
}

/** A page on an evaluation alone. */
export async function evaluationPage(title: string, evaluation: Evaluation): Promise<string> {
  const pictures = await picturesOf(evaluation);
  return evaluationReport({ title, facts: [], evaluation, pictures });
}

async function evaluateBest({ settings, dataset, folder }: Run): Promise<Evaluation> {
  const { engine, threads, precision } = settings;
  await using model = await InceptionResNetV2.load(folder.best, {
    engine,
    precision,
    ...(threads !== null && { threads }),
  });
  const { classes, validation } = dataset;
  const files = validation.map(({ file }) => file);
  const logits = new Float32Array(files.length * classes.length);
  let at = 0;
  for await (const result of model.logitsAll(files, { batch: 8 })) {
    if ("error" in result) throw result.error;
    logits.set(result.logits, at);
    at += classes.length;
  }
  return evaluateLogits({ classes, logits, files, labels: validation.map(({ label }) => label) });
}

async function picturesOf({ mistakes }: Evaluation): Promise<ReadonlyMap<string, string>> {
  const pictures = new Map<string, string>();
  for (const { file } of mistakes) pictures.set(file, await thumbnail(file, pictureSide));
  return pictures;
}
