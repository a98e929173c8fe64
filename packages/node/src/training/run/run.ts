/**
 * @file A run: its settings, its progress, and the files that it keeps.
 */
import { resolve } from "node:path";
import { Irv2Error } from "@inception-resnet-v2/core/internal/errors.js";
import type { Graph } from "@inception-resnet-v2/core/internal/graph/ir.js";
import type { Tensors } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import type { Trainer } from "@inception-resnet-v2/core/internal/training/trainer.js";
import type { Dataset } from "../../data/dataset.js";
import type { KnownPhoto } from "../../data/inspect.js";
import { writeText } from "../../files/write-file.js";
import { saveWeights } from "../../weights/save.js";
import { networkShape } from "../network.js";
import type { Phase, Settings } from "../settings.js";
import { saving, writeCheckpoint } from "./checkpoint.js";
import type { RunConfig } from "./config-schema.js";
import { photoListText } from "./photo-list.js";
import type { Progress } from "./progress-schema.js";
import { epochScalars, writeResults } from "./results-csv.js";
import type { RunFolder } from "./run-folder.js";
import type { EventFile } from "./tensorboard.js";

/** Where every run starts. */
export const start: Progress = {
  phase: 0,
  phaseEpochs: 0,
  step: 0,
  sums: { loss: 0, correct: 0, images: 0 },
  seconds: 0,
  updates: 0,
  rows: [],
  best: null,
};

/** What a run is made of. */
export interface RunParts {
  readonly settings: Settings;
  readonly folder: RunFolder;
  readonly dataset: Dataset;
  /** Hash over the photos. */
  readonly fingerprint: string;
  /** The whole network, for the names of its parameters. */
  readonly network: Graph;
  readonly signal?: AbortSignal | undefined;
  /** Epochs of the run after which to stop; all of them. */
  readonly stopAfter?: number | undefined;
}

/** A run that is going on. */
export class Run {
  readonly folder: RunFolder;
  readonly dataset: Dataset;
  readonly signal: AbortSignal | undefined;
  settings: Settings;
  readonly clock = new Clock();
  progress: Progress;
  /** Parameters that the trainer of this phase does not hold. */
  kept: Tensors = new Map();
  events: EventFile | undefined;
  /** What a message says of the last checkpoint. */
  lastSaved = "nothing was saved yet";
  readonly #parts: RunParts;

  constructor(parts: RunParts, progress: Progress) {
    this.settings = parts.settings;
    this.folder = parts.folder;
    this.dataset = parts.dataset;
    this.signal = parts.signal;
    this.progress = progress;
    this.#parts = parts;
    if (progress !== start) this.#noteSaved();
  }

  /** Epochs of all phases. */
  get epochs(): number {
    return this.settings.phases.reduce((sum, { epochs }) => sum + epochs, 0);
  }

  /** Whether the caller wants the run to stop after this step. */
  get isStopped(): boolean {
    const { stopAfter = this.epochs } = this.#parts;
    const done = this.progress.rows.length;
    return (this.signal?.aborted ?? false) || (done >= stopAfter && done < this.epochs);
  }

  /** Saves the weights that a new run begins with: wherever they came from, they may be gone later. */
  async saveStart(parameters: Tensors): Promise<void> {
    await this.#writeCheckpoint(parameters);
  }

  /** Saves what is needed to go on from here. */
  async saveCheckpoint(trainer: Trainer): Promise<void> {
    const own = this.#parts.network.parameters.map(({ name }) => name);
    const held = own.filter((name) => !this.kept.has(name));
    const variables = await trainer.read([...held, ...trainer.stateNames]);
    await this.#writeCheckpoint(new Map([...this.kept, ...variables]));
  }

  /**
   * Saves weights, checkpoint and figures at the end of an epoch. Where epochs are shorter than
   * saving, as with a classifier alone, only better weights are saved each time, and the rest so
   * often that it takes a tenth of the time.
   */
  async saveEpoch(
    trainer: Trainer,
    progress: Progress,
    { isBest, isLast }: { readonly isBest: boolean; readonly isLast: boolean },
  ): Promise<void> {
    const weights = new Map([...this.kept, ...(await trainer.weights())]);
    this.#checkFinite(weights);
    this.progress = progress;
    const { last, best, results } = this.folder;
    if (isBest) await this.#writeWeights(best, weights);
    if (isLast || this.clock.isSavingDue()) {
      const started = performance.now();
      await this.#writeWeights(last, weights);
      await this.saveCheckpoint(trainer);
      this.clock.saved(performance.now() - started);
    }
    await saving(results, () => writeResults(results, progress.rows));
    const row = progress.rows.at(-1);
    if (row) await this.events?.scalars(row.epoch, epochScalars(row));
  }

  /** Writes down which photos a new run starts with. */
  async savePhotos(photos: readonly KnownPhoto[]): Promise<void> {
    const { photos: path } = this.folder;
    await saving(path, () => writeText(path, photoListText(photos)));
  }

  /** Writes down what the run was asked for. */
  async saveConfig(): Promise<void> {
    const { settings, folder, dataset } = this;
    const { fingerprint } = this.#parts;
    const config: RunConfig = {
      // Whole paths, as that of the weights is, so that the run can be resumed from anywhere.
      settings: {
        ...settings,
        data: resolve(settings.data),
        annotations: settings.annotations === null ? null : resolve(settings.annotations),
      },
      classes: dataset.classes,
      fingerprint,
    };
    const text = `${JSON.stringify(config, null, 2)}\n`;
    await saving(folder.config, () => writeText(folder.config, text));
  }

  /** Writes down that a phase is computed in other parts from here on. */
  async changePhase(phase: Phase): Promise<void> {
    const phases = this.settings.phases.map((one, index) =>
      index === this.progress.phase ? phase : one,
    );
    this.settings = { ...this.settings, phases };
    await this.saveConfig();
  }

  async #writeCheckpoint(variables: Tensors): Promise<void> {
    this.#checkFinite(variables);
    await writeCheckpoint(this.folder.state, {
      arch: this.settings.arch,
      progress: this.progress,
      variables,
    });
    this.#noteSaved();
    this.clock.saved();
  }

  #noteSaved(): void {
    const { rows, step } = this.progress;
    const done = rows.length > 0 ? `the end of epoch ${rows.length}` : "its start";
    const place = step > 0 ? `step ${step} of epoch ${rows.length + 1}` : done;
    this.lastSaved = `the checkpoint of ${place} is kept in "${this.folder.path}"`;
  }

  async #writeWeights(path: string, parameters: Tensors): Promise<void> {
    const { settings, dataset } = this;
    const metadata = {
      network: networkShape(settings),
      labels: dataset.classes,
      preprocessing: settings.preprocessing,
      provenance: {
        recipe: settings.recipe,
        seed: settings.seed,
        epoch: this.progress.rows.length,
      },
    };
    await saving(path, () => saveWeights(path, parameters, { metadata }));
  }

  #checkFinite(tensors: Tensors): void {
    for (const [name, { data }] of tensors) {
      if (data.every(Number.isFinite)) continue;
      const { rows, step } = this.progress;
      throw new Irv2Error(
        "TRAINING_NOT_FINITE",
        `Cannot save epoch ${rows.length + 1} after step ${step}: expected finite numbers in "${name}", got ${data.find((value) => !Number.isFinite(value))}; ${this.lastSaved}`,
      );
    }
  }
}

/** Times for people to read; nothing that is computed depends on them. */
class Clock {
  #started = performance.now();
  #saved = performance.now();
  #took = 0;

  /** An epoch begins, or goes on that has taken some seconds already. */
  start(seconds: number): void {
    this.#started = performance.now() - 1000 * seconds;
  }

  /** Something was saved; `took` says how long, in milliseconds. */
  saved(took = this.#took): void {
    this.#saved = performance.now();
    this.#took = took;
  }

  /** Whether enough was done since the last time, ten times what saving took then. */
  isSavingDue(): boolean {
    return this.sinceSaved() >= 10 * this.#took;
  }

  sinceSaved(): number {
    return performance.now() - this.#saved;
  }

  /** Seconds that the epoch has taken, those before an interruption included. */
  seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }
}
