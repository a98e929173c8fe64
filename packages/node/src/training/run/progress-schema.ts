/**
 * @file Where a run stands, as its checkpoint says it.
 */

import type { EpochRow } from "@inception-resnet-v2/core/internal/evaluation/epoch-row.js";
import { numbers } from "@inception-resnet-v2/core/internal/ranges.js";
import {
  holding,
  type Infer,
  list,
  number,
  orElse,
  orNull,
  record,
  type Schema,
} from "../../json/schema.js";

const { notNegative, upTo1, count, countFrom1 } = numbers;

const row: Schema<EpochRow> = record({
  epoch: number(countFrom1),
  trainLoss: number(),
  trainTop1: number(upTo1),
  validationLoss: orNull(number()),
  validationTop1: orNull(number(upTo1)),
  validationTop5: orNull(number(upTo1)),
  learningRate: number(notNegative),
  imagesPerSecond: number(notNegative),
  seconds: number(notNegative),
});

const fields = record({
  /** Index of the phase. */
  phase: number(count),
  /** Epochs of the phase that are done. */
  phaseEpochs: number(count),
  /** Steps of the present epoch that are done. */
  step: number(count),
  /** What those steps found. */
  sums: record({ loss: number(), correct: number(notNegative), images: number(count) }),
  /** What those steps took, for people to read; nothing that is computed depends on it. */
  seconds: orElse(number(notNegative), 0),
  /** Steps of this phase in all: what the optimiser and the averages count. */
  updates: number(count),
  /** Epochs that are done, of all phases. */
  rows: holding(list(row), "0.epoch", "rows counted from 1", (rows) =>
    rows.every(({ epoch }, at) => epoch === at + 1),
  ),
  /** The best epoch so far; null without validation photos. */
  best: orNull(record({ epoch: number(countFrom1), top1: number(upTo1), loss: number() })),
});

/** Where a run stands. */
export const progressSchema = holding(
  holding(
    fields,
    "phaseEpochs",
    "no more epochs than rows",
    ({ phaseEpochs, rows }) => phaseEpochs <= rows.length,
  ),
  "best.epoch",
  "an epoch that is done",
  ({ best, rows }) => (best?.epoch ?? 0) <= rows.length,
);

/** Where a run stands. */
export type Progress = Infer<typeof progressSchema>;
