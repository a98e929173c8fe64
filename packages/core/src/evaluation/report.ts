/**
 * @file Reports of a training run and of an evaluation: one HTML file each, with nothing to load and
 * no scripts, for light and dark, for wide and narrow screens, and for paper.
 */
import { escapeText } from "../summary/svg-shapes.js";
import { formatTick, lineChart, percent, reliabilityPlot } from "./charts.js";
import { bestDefinition, type EpochRow, isBetterEpoch, lossDefinitions } from "./epoch-row.js";
import { formatCounted, formatNumber, formatShare, headlines } from "./format.js";
import type { Evaluation } from "./metrics.js";
import { reportStyle } from "./report-style.js";
import { classTable, confusionTable, mistakeGallery, pairTable } from "./report-tables.js";

/** Facts with more characters get a line of their own. */
const longFact = 60;
/** With more classes the confusion matrix takes the width of the page. */
const classesBesideMatrix = 12;

/** What a report of an evaluation tells. All texts are escaped. */
export interface EvaluationReport {
  readonly title: string;
  /** What was run and how, by name, in the order to show. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly evaluation: Evaluation;
  /** Data URLs of the mistakes, by file; `thumbnail` makes them. */
  readonly pictures: ReadonlyMap<string, string>;
}

/** What a report of a training run tells. */
export interface TrainingReport extends Omit<EvaluationReport, "evaluation"> {
  readonly epochs: readonly EpochRow[];
  /** Of its result; undefined where there is nothing to measure it on. */
  readonly evaluation?: Evaluation | undefined;
}

/** The page of a training run: facts, curves, and the evaluation of its result. */
export function trainingReport(report: TrainingReport): string {
  return page(report, curves(report.epochs));
}

/** The page of an evaluation. */
export function evaluationReport(report: EvaluationReport): string {
  return page(report, "");
}

function curves(epochs: readonly EpochRow[]): string {
  const numbers = epochs.map(({ epoch }) => epoch);
  const series = (name: string, kind: "train" | "validation", key: keyof EpochRow) => ({
    name,
    kind,
    values: epochs.map((row) => row[key] ?? Number.NaN),
  });
  const isMeasured = epochs.some((row) => row.validationLoss !== null);
  const both = (train: keyof EpochRow, validation: keyof EpochRow) => [
    series("training", "train", train),
    ...(isMeasured ? [series("validation", "validation", validation)] : []),
  ];
  const charts = [
    {
      title: "Loss",
      series: both("trainLoss", "validationLoss"),
      format: formatNumber,
      tick: formatTick,
    },
    {
      title: "Top-1",
      series: both("trainTop1", "validationTop1"),
      format: formatShare,
      tick: percent,
    },
    {
      title: "Learning rate",
      series: [series("learning rate", "train", "learningRate")],
      format: formatNumber,
      tick: formatTick,
    },
  ];
  const figures = charts.map((chart) => lineChart({ ...chart, epochs: numbers }));
  return `<section class="wide"><h2>Training</h2>
${bestEpoch(epochs)}<div class="charts">
${figures.join("\n")}
</div></section>
`;
}

function bestEpoch(epochs: readonly EpochRow[]): string {
  const last = epochs.at(-1);
  if (!last) return "";
  const seconds = epochs.reduce((sum, row) => sum + row.seconds, 0);
  const time = `${formatCounted(epochs.length, "epoch")} in ${formatDuration(seconds)}.`;
  const losses = `Training loss: ${lossDefinitions.training}.`;
  const finished = epochs.flatMap(({ epoch, validationTop1: top1, validationLoss: loss }) =>
    top1 !== null && loss !== null && Number.isFinite(top1) ? [{ epoch, top1, loss }] : [],
  );
  const [first, ...others] = finished;
  if (!first) {
    return `<p class="note">${time} There are no validation images: the weights are those of the last epoch, ${last.epoch}. ${losses}</p>\n`;
  }
  const best = others.reduce((a, b) => (isBetterEpoch(b, a) ? b : a), first);
  return `<p class="note">${time} Best: epoch ${best.epoch}, with a
validation top-1 of ${formatShare(best.top1)}; it has ${bestDefinition}. ${losses}
Validation loss: ${lossDefinitions.validation}.</p>\n`;
}

function formatDuration(seconds: number): string {
  if (seconds < 100) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function page(
  { title, facts, evaluation, pictures }: Omit<TrainingReport, "epochs">,
  middle: string,
): string {
  const tiles = (evaluation ? headlines(evaluation) : []).map(
    ([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`,
  );
  const details = facts.map(([name, value]) => {
    const kind = value.length > longFact ? ' class="long"' : "";
    return `<div${kind}><dt>${escapeText(name)}</dt><dd>${escapeText(value)}</dd></div>`;
  });
  const counts = evaluation
    ? `${formatCounted(evaluation.images, "image")} of ${formatCounted(evaluation.perClass.length, "class")}`
    : "Not measured: there are no validation images";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(title)}</title>
<style>${reportStyle}</style>
</head>
<body>
<main>
<header class="wide">
<h1>${escapeText(title)}</h1>
<p class="note">${counts}</p>
<dl class="tiles">${tiles.join("")}</dl>
</header>
${details.length === 0 ? "" : `<section class="wide"><h2>Run</h2>\n<dl class="facts">${details.join("\n")}</dl></section>\n`}${middle}${evaluation ? `${figures(evaluation)}\n${mistakeGallery(evaluation, pictures)}` : ""}
</main>
</body>
</html>
`;
}

function figures(evaluation: Evaluation): string {
  const { calibrationError, calibration, images, perClass } = evaluation;
  const reliability = `<section><h2>Calibration</h2>
<p class="note">How often a prediction is right, by how sure it was; on average the two are
${formatShare(calibrationError)} apart. Paler bars stand for fewer images.</p>
${reliabilityPlot(calibration, images)}</section>`;
  const pairs = pairTable(evaluation);
  const matrix = confusionTable(evaluation);
  const classes = classTable(evaluation);
  const parts =
    perClass.length <= classesBesideMatrix
      ? [reliability, pairs, matrix, classes]
      : [`<div class="stack">${reliability}\n${pairs}</div>`, classes, matrix];
  return parts.join("\n");
}
