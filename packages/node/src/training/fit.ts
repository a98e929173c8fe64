/**
 * @file Training for programs that wait for its end; `train` gives the same as a stream of events.
 */
import type { DoneEvent, EpochEvent, StepEvent, TrainingEvent } from "./events.js";
import type { TrainControls } from "./prepare.js";
import type { ResumeOptions } from "./reopen.js";
import { train } from "./train.js";
import type { TrainOptions } from "./train-options.js";

/** What a program can be told while it waits. */
export interface TrainCallbacks {
  /**
   * Every event, as it comes.
   * @defaultValue none
   */
  readonly onEvent?: (event: TrainingEvent) => void;
  /**
   * Told of each step.
   * @defaultValue none
   */
  readonly onStep?: (event: StepEvent) => void;
  /**
   * Told of each epoch, after its validation.
   * @defaultValue none
   */
  readonly onEpoch?: (event: EpochEvent) => void;
}

/** What a training leaves. */
export interface TrainResult {
  /** Whether it ended, or was stopped by the signal and can be resumed. */
  readonly status: DoneEvent["event"];
  /** The run folder. */
  readonly run: string;
  /** A row for each epoch of this call. */
  readonly epochs: readonly EpochEvent[];
  /** The epoch with the best validation top-1, if one was finished and there are validation photos. */
  readonly best?: DoneEvent["best"];
}

/**
 * Trains to the end and returns the result: `train` as a promise, with callbacks. `resume` continues
 * a run. The weights are in the run folder: `weights/best.safetensors` and `weights/last.safetensors`.
 *
 * ```ts
 * const { run, best } = await fit({ data: "photos", weights: "everyday", fineTune: true });
 * await using model = await InceptionResNetV2.load(`${run}/weights/best.safetensors`);
 * ```
 *
 * A signal lets the step under way end and writes a checkpoint: the status is then `interrupted`.
 * Throws as `train` does.
 */
export async function fit(
  options: (TrainOptions | ResumeOptions) & TrainControls & TrainCallbacks,
): Promise<TrainResult> {
  const { onEvent, onStep, onEpoch, ...rest } = options;
  const epochs: EpochEvent[] = [];
  let done: DoneEvent | undefined;
  for await (const event of train(rest)) {
    onEvent?.(event);
    if (event.event === "step") onStep?.(event);
    if (event.event === "epoch") {
      onEpoch?.(event);
      epochs.push(event);
    }
    if (event.event === "done" || event.event === "interrupted") done = event;
  }
  if (!done) throw new Error("a training ended without its last event");
  const { event: status, run, best } = done;
  return { status, run, epochs, ...(best && { best }) };
}
