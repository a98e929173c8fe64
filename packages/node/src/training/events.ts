/**
 * @file The events of a training while it runs, for the command line, programs and pages.
 */

import type { EpochRow } from "@inception-resnet-v2/core/internal/evaluation/epoch-row.js";
import type { DataReport } from "../data/inspect.js";
import type { Settings } from "./settings.js";

/** Before the first step: the photos that were found, and what is wrong with them. */
export interface DataEvent {
  /** Tag of the union. */
  readonly event: "data";

  /** Classes, counts, unreadable photos and duplicates. */
  readonly report: DataReport;
}

/** The run is about to start, or to resume from a checkpoint. */
export interface StartEvent {
  /** Tag of the union. */
  readonly event: "start";
  /** The run folder. */
  readonly run: string;
  /** Everything that was settled before the run. */
  readonly settings: Settings;
  /** Names of the classes by index. */
  readonly classes: readonly string[];
  /** The engine that computes, in a few words. */
  readonly engine: string;
  /** Parameters that are trained in the first phase, and all of them. */
  readonly trainedParameters: number;
  /** Parameters of the network in all. */
  readonly parameters: number;
  /** Parameters that are not in the weights and are newly initialized. */
  readonly fresh: readonly string[];
  /** Epochs in all, and how much of them a checkpoint has already. */
  readonly epochs: number;
  /** Epochs and steps that a checkpoint has already. */
  readonly resumedAt: { readonly epoch: number; readonly step: number };
}

/** Something that the caller should know, in one sentence. */
export interface WarningEvent {
  /** Tag of the union. */
  readonly event: "warning";

  /** One sentence. */
  readonly message: string;
  /** Names of the options that it is about, where it is about options. */
  readonly options?: readonly string[];
}

/**
 * Work beside the steps: photos that are looked at and features of a frozen body before the first,
 * validation after the last of an epoch.
 */
export interface PrepareEvent {
  /** Tag of the union. */
  readonly event: "prepare";

  /** What is worked on. */
  readonly what: "photos" | "features" | "validation";

  /** Photos done. */
  readonly done: number;

  /** Photos in all. */
  readonly total: number;
}

/** A step is done. */
export interface StepEvent {
  /** Tag of the union. */
  readonly event: "step";
  /** Name of the phase: `head`, `train` or `tune`. */
  readonly phase: string;
  /** Counted from 1. */
  readonly epoch: number;
  /** Epochs in all. */
  readonly epochs: number;
  /** Step of this epoch, counted from 1. */
  readonly step: number;
  /** Steps of an epoch. */
  readonly steps: number;
  /** Photos of the step. */
  readonly images: number;
  /** Mean loss of the epoch so far, and its accuracy. */
  readonly loss: number;
  /** Fraction of the epoch's images so far whose class was the likeliest. */
  readonly accuracy: number;
  /** Learning rate of this step. */
  readonly learningRate: number;
  /** Training images per second in this epoch so far. */
  readonly imagesPerSecond: number;
}

/** An epoch is done and validated. */
export interface EpochEvent extends EpochRow {
  /** Tag of the union. */
  readonly event: "epoch";
  /** Name of the phase: `head`, `train` or `tune`. */
  readonly phase: string;
  /** Epochs in all. */
  readonly epochs: number;
  /** Whether its weights are the best so far. */
  readonly isBest: boolean;
  /** What the other epochs of the phase take if each takes as long. */
  readonly secondsLeft: number;
}

/** The training ended, or was stopped by the caller's signal after a checkpoint. */
export interface DoneEvent {
  /** Tag of the union; `interrupted` where a signal or `stopAfter` ended the run. */
  readonly event: "done" | "interrupted";
  /** The run folder. */
  readonly run: string;
  /** Epochs done in all. */
  readonly epoch: number;
  /**
   * The epoch with the best validation top-1 (0 to 1), and its loss in nats. Without validation photos
   * there is none, and the weights called best are those of the last epoch.
   */
  readonly best?: { readonly epoch: number; readonly top1: number; readonly loss: number };
}

/** Any event of a training. */
export type TrainingEvent =
  | DataEvent
  | StartEvent
  | WarningEvent
  | PrepareEvent
  | StepEvent
  | EpochEvent
  | DoneEvent;
