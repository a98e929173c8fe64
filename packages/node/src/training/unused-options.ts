/**
 * @file When each option of a training has an effect: one row per option, which the compiler demands.
 *
 * An option that has none is named before the first step. A row is asked for an option that is given
 * and asks for something, and says why that cannot be had here; what is off anyway is no news.
 */
import { UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import { type Graph, isTrainable } from "@inception-resnet-v2/core/internal/graph/ir.js";
import type { Augmentation } from "@inception-resnet-v2/core/internal/image/augment.js";
import { divide, stageRates } from "@inception-resnet-v2/core/internal/training/freeze.js";
import { trainedNorms } from "@inception-resnet-v2/core/internal/training/norm-cells.js";
import { mostWarmup, type Schedule } from "@inception-resnet-v2/core/internal/training/schedule.js";
import type { Dataset } from "../data/dataset.js";
import type { WarningEvent } from "./events.js";
import type { Phase, Settings } from "./settings.js";
import type { TrainOptions } from "./train-options.js";

/** What a training is prepared for: to run, to find its learning rate, or to measure it. */
export type Use = "train" | "find-rate" | "plan";

/** What decides whether an option has an effect. */
export interface RunFacts {
  readonly use: Use;
  readonly settings: Settings;
  /** The whole network, at batch 1. */
  readonly network: Graph;
  readonly dataset: Pick<Dataset, "train" | "classes">;
}

/** The options with a row: those of a training, and when to stop it. */
type Given = TrainOptions & { readonly stopAfter?: number | undefined };

/** Why an option has no effect, after "has no effect"; undefined where it has one. */
type Reason = string | undefined;
type Row<T> = (value: T, facts: RunFacts) => Reason;

const always = (): Reason => undefined;
const headOnly = "where the classifier alone is trained, on features computed once per photo";
const oneFrozen = "where the whole body is frozen";
const ratesOnly = "on the search for a learning rate";

const onPhotos: Row<unknown> = (_, { settings }) =>
  settings.phases.every(({ freeze }) => freeze === "body") ? headOnly : undefined;

const inTraining: Row<unknown> = (_, { use }) => (use === "find-rate" ? ratesOnly : undefined);

const mixing: Row<number> = (alpha, facts) => {
  if (alpha === 0) return undefined;
  const isAlone = photoPhases(facts.settings).every(({ batch }) => batch === 1);
  return onPhotos(alpha, facts) ?? (isAlone ? "where a batch is a single photo" : undefined);
};

const effects: { readonly [K in keyof Required<Given>]: Row<NonNullable<Given[K]>> } = {
  data: always,
  annotations: always,
  recipe: always,
  weights: always,
  arch: always,
  width: always,
  inputSize: always,
  preprocessing: always,
  freeze: always,
  optimizer: always,
  batch: always,
  weightDecay: always,
  clipNorm: always,
  dropout: always,
  labelSmoothing: always,
  memory: always,
  valFraction: always,
  folds: always,
  fold: always,
  balanced: always,
  seed: always,
  engine: always,
  precision: always,

  epochs: inTraining,
  headEpochs: (epochs, facts) =>
    inTraining(epochs, facts) ?? (facts.settings.phases.length === 1 ? oneFrozen : undefined),
  learningRate: inTraining,
  ema: inTraining,
  out: (_, { use }) => (use === "train" ? undefined : "where nothing is kept"),
  stopAfter(epochs, { use, settings }) {
    if (use !== "train") return "where nothing is kept";
    const all = settings.phases.reduce((sum, phase) => sum + phase.epochs, 0);
    return epochs >= all ? `where the run ends after ${all} epochs` : undefined;
  },
  warmupEpochs(epochs, facts) {
    const short = facts.settings.phases.find((one) => epochs > mostWarmup * one.epochs);
    const cut =
      short && `beyond ${mostWarmup * short.epochs} epochs, half of phase "${short.name}"`;
    return inTraining(epochs, facts) ?? cut;
  },
  schedule(schedule, facts) {
    const isConstant = facts.settings.phases.every((phase) => neverFalls(schedule, phase));
    const isAsked = schedule.kind !== "constant";
    const late = isAsked && isConstant ? "where it first falls after the last epoch" : undefined;
    return inTraining(schedule, facts) ?? late;
  },
  fineTune: (value, { settings }) =>
    value && settings.phases.length === 1 ? oneFrozen : undefined,

  mixup: mixing,
  cutmix: mixing,
  augmentation: (value, facts) => (isNone(value) ? undefined : onPhotos(value, facts)),
  microBatch: onPhotos,
  auxiliary: (value, facts) => (value ? onPhotos(value, facts) : undefined),
  auxiliaryWeight: (value, facts) =>
    onPhotos(value, facts) ??
    (facts.settings.auxiliary ? undefined : "where no auxiliary classifier is trained"),
  freezeNorms: (value, facts) => (value ? undefined : onPhotos(value, facts)),
  statisticsDecay(value, facts) {
    const { settings, network } = facts;
    const isFollowed = photoPhases(settings).some(
      ({ freeze }) => trainedNorms(network, { ...settings, freeze }).length > 0,
    );
    const frozen = isFollowed ? undefined : "where every batch norm keeps its running statistics";
    return inTraining(value, facts) ?? onPhotos(value, facts) ?? frozen;
  },
  stageRate(factor, { settings, network }) {
    const rateOf = stageRates(network, factor);
    const differs = settings.phases.some(({ freeze }) => {
      const { isFrozen } = divide(network, freeze, settings.freezeNorms);
      return network.parameters.some(
        (one) => isTrainable(one) && !isFrozen(one) && rateOf(one) !== 1,
      );
    });
    return factor === 1 || differs ? undefined : "where the last stage alone is trained";
  },
  classWeights(value, { dataset: { train, classes } }) {
    const counts = classes.map((_, at) => train.filter(({ label }) => label === at).length);
    const isEven = counts.every((count) => count === counts[0]);
    return value && isEven ? "where all classes have the same number of photos" : undefined;
  },
  cache(where, facts) {
    if (where !== "memory") return undefined;
    const isOnce = photoPhases(facts.settings).every(({ epochs }) => epochs === 1);
    const once = isOnce && facts.use === "train" ? "where each photo is decoded once" : undefined;
    return onPhotos(where, facts) ?? once;
  },
  threads: (_, { settings }) =>
    settings.engine === "reference" ? "on the reference engine, which has one thread" : undefined,
};

/** The names of all options. */
export const trainOptionNames: readonly string[] = Object.keys(effects);

/** Throws `UsageError` on an option of another name, which would do nothing. */
export function checkNames(options: object): void {
  const unknown = Object.keys(options).find((name) => !(name in effects) && name !== "signal");
  if (unknown === undefined) return;
  throw new UsageError(
    "OPTION_UNKNOWN",
    `Unknown option "${unknown}": expected one of ${trainOptionNames.join(", ")}`,
  );
}

/** The options that are given and have no effect, a warning for each reason. */
export function unusedOptions(options: Partial<Given>, facts: RunFacts): readonly WarningEvent[] {
  const byReason = new Map<string, string[]>();
  for (const [name, value] of Object.entries(options)) {
    const row = effects[name as keyof Given] as Row<unknown> | undefined;
    const reason = value === undefined || value === null ? undefined : row?.(value, facts);
    if (reason !== undefined) byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  }
  return [...byReason].map(([reason, names]) => ({
    event: "warning",
    message: `${names.map((name) => `"${name}"`).join(", ")} ${names.length > 1 ? "have" : "has"} no effect ${reason}.`,
    options: names,
  }));
}

function photoPhases({ phases }: Settings): readonly Phase[] {
  return phases.filter(({ freeze }) => freeze !== "body");
}

function isNone({ crop, flip, color, randAugment, erasing }: Augmentation): boolean {
  const changes = crop !== "none" || flip || color !== "none";
  return !changes && randAugment === undefined && (erasing?.probability ?? 0) === 0;
}

function neverFalls(schedule: Schedule, { epochs }: Phase): boolean {
  switch (schedule.kind) {
    case "constant":
      return true;
    case "cosine":
      return schedule.end === 1;
    case "exponential":
      return schedule.factor === 1 || schedule.epochs >= epochs;
    case "step":
      return schedule.factor === 1 || schedule.at.every((at) => at >= epochs);
    case "plateau":
      // The first loss is the lowest so far, and the last comes after the last step.
      return schedule.factor === 1 || schedule.patience > epochs - 2;
  }
}
