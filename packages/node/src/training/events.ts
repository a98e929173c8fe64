/**
 * @file What a training tells while it runs. The command line, programs and pages all read these.
 */

import type { EpochRow } from "@inception-resnet-v2/core/internal/evaluation/epoch-row.js";
import type { DataReport } from "../data/inspect.js";
import type { Settings } from "./settings.js";

/** Before the first step: the photos that were found, and what is wrong with them. */
export interface DataEvent {
  readonly event: "data";
  readonly report: DataReport;
}

/** The run is about to begin, or to go on from a checkpoint. */
export interface StartEvent {
  readonly event: "start";
  /** The run folder. */
  readonly run: string;
  readonly settings: Settings;
  readonly classes: readonly string[];
  readonly engine: string;
  /** Parameters that are trained in the first phase, and all of them. */
  readonly trainedParameters: number;
  readonly parameters: number;
  /** Parameters that the weights did not give, and that start anew. */
  readonly fresh: readonly string[];
  /** Epochs in all, and how much of them a checkpoint has already. */
  readonly epochs: number;
  readonly resumedAt: { readonly epoch: number; readonly step: number };
}

/** Something that the caller should know, in one sentence. */
export interface WarningEvent {
  readonly event: "warning";
  readonly message: string;
}

/**
 * Work beside the steps: photos that are looked at and features of a frozen body before the first,
 * validation after the last of an epoch.
 */
export interface PrepareEvent {
  readonly event: "prepare";
  readonly what: "photos" | "features" | "validation";
  readonly done: number;
  readonly total: number;
}

/** A step is done. */
export interface StepEvent {
  readonly event: "step";
  readonly phase: string;
  /** Counted from 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Step of this epoch, counted from 1. */
  readonly step: number;
  readonly steps: number;
  /** Photos of the step. */
  readonly images: number;
  /** Mean loss of the epoch so far, and share of its photos named rightly. */
  readonly loss: number;
  readonly accuracy: number;
  readonly learningRate: number;
  readonly imagesPerSecond: number;
}

/** An epoch is done and validated. */
export interface EpochEvent extends EpochRow {
  readonly event: "epoch";
  readonly phase: string;
  readonly epochs: number;
  /** Whether its weights are the best so far. */
  readonly isBest: boolean;
  /** What the other epochs of the phase take if each takes as long. */
  readonly secondsLeft: number;
}

/** The training ended, or was stopped by the caller's signal after a checkpoint. */
export interface DoneEvent {
  readonly event: "done" | "interrupted";
  readonly run: string;
  readonly epoch: number;
  readonly best?: { readonly epoch: number; readonly top1: number; readonly loss: number };
}

/** Anything that a training tells. */
export type TrainingEvent =
  | DataEvent
  | StartEvent
  | WarningEvent
  | PrepareEvent
  | StepEvent
  | EpochEvent
  | DoneEvent;
