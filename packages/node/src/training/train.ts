/**
 * @file A whole training as a stream of events: photos looked at, phases trained, report written.
 */

import { isTrainable, type Parameter } from "@inception-resnet-v2/core/internal/graph/ir.js";
import { sizeOf } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { divide } from "@inception-resnet-v2/core/internal/training/freeze.js";
import { chooseEngine } from "../executors/index.js";
import type { DoneEvent, StartEvent, TrainingEvent } from "./events.js";
import { trainPhases } from "./phases.js";
import { type Prepared, prepare, type TrainControls } from "./prepare.js";
import type { ResumeOptions } from "./reopen.js";
import { writeReport } from "./run/report.js";
import { Run, start } from "./run/run.js";
import { checkRunPlace, cleanRunFolder, createRunFolder } from "./run/run-folder.js";
import { openEvents } from "./run/tensorboard.js";
import { openExecutor, type Settings } from "./settings.js";
import type { TrainOptions } from "./train-options.js";

/**
 * Trains, fine-tunes (`fineTune`), or resumes a run (`resume`), and yields events as they happen;
 * the last event is `done` or `interrupted`. Everything is in the run folder. `fit` does the same as a
 * promise.
 *
 * ```ts
 * for await (const event of train({ data: "photos", weights: "everyday", fineTune: true })) {
 *   if (event.event === "epoch") console.log(event.epoch, event.validationTop1);
 * }
 * ```
 *
 * Throws `UsageError`, `InputError`, `ModelError` or `ResourceError` before the first step when
 * something cannot be used, `ResourceError` when memory or disk run out, and `Irv2Error` when the
 * loss stops being finite. A signal that comes before there is a run folder makes it throw the
 * signal's reason.
 */
export async function* train(
  options: (TrainOptions | ResumeOptions) & TrainControls,
): AsyncGenerator<TrainingEvent> {
  const { signal, stopAfter } = options;
  const out = "resume" in options ? undefined : options.out;
  if (!("resume" in options)) await checkRunPlace(out); // before all photos are looked at
  const prepared = yield* prepare(options);
  const { dataset, network, parameters, fingerprint, checkpoint } = prepared;
  const settings = await withEngine(prepared.settings);
  const folder = prepared.folder ?? (await createRunFolder(out));
  await cleanRunFolder(folder, { isNew: !prepared.folder });
  const run = new Run(
    { settings, folder, dataset, network, fingerprint, signal, stopAfter },
    checkpoint?.progress ?? start,
  );
  if (!prepared.folder) await run.savePhotos(prepared.photos);
  if (!checkpoint && settings.weights !== null) await run.saveStart(parameters);
  await run.saveConfig(); // last: with it there is a run
  const executor = await openExecutor(settings);
  const done = run.progress.rows.length;
  run.events = await openEvents(folder.path, checkpoint ? { purgeStep: done + 1 } : {});
  try {
    yield startEvent(run, prepared, executor.description);
    const state = run.progress.updates > 0 ? checkpoint?.variables : undefined;
    yield* trainPhases(run, { executor, network, parameters, state });
  } catch (error) {
    if (!run.isStopped || error !== signal?.reason) throw error;
  } finally {
    await run.events.close();
    await executor.dispose();
  }
  const isDone = !run.isStopped;
  if (isDone) await writeReport(run, executor.description);
  yield doneEvent(run, isDone);
}

/** The engine that `auto` stands for here, which a resumed run takes too: others round differently. */
async function withEngine(settings: Settings): Promise<Settings> {
  const { engine, precision } = settings;
  return engine === "auto" ? { ...settings, engine: await chooseEngine({ precision }) } : settings;
}

function startEvent(run: Run, { network, fresh }: Prepared, engine: string): StartEvent {
  const { settings, dataset, progress, folder } = run;
  const { freeze = "none" } = settings.phases[progress.phase] ?? {};
  const division = divide(network, freeze, settings.freezeNorms);
  const count = (list: readonly Parameter[]) =>
    list.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const trained = network.parameters.filter((one) => isTrainable(one) && !division.isFrozen(one));
  return {
    event: "start",
    run: folder.path,
    settings,
    classes: dataset.classes,
    engine,
    trainedParameters: count(trained),
    parameters: count(network.parameters),
    fresh,
    epochs: run.epochs,
    resumedAt: { epoch: progress.rows.length, step: progress.step },
  };
}

function doneEvent(run: Run, isDone: boolean): DoneEvent {
  const { best, rows } = run.progress;
  return {
    event: isDone ? "done" : "interrupted",
    run: run.folder.path,
    epoch: rows.length,
    ...(best && { best }),
  };
}
