/**
 * @file Shows a training: bars on a terminal, plain lines elsewhere, JSON on request.
 *
 * Everything but JSON goes to stderr; the run folder alone goes to stdout, so that scripts get it.
 */

import { formatCount, formatSeconds } from "@inception-resnet-v2/core/internal/summary/format.js";
import { SingleBar } from "cli-progress";
import { dataReportText } from "../data/report-text.js";
import type {
  EpochEvent,
  PrepareEvent,
  StartEvent,
  StepEvent,
  TrainingEvent,
} from "../training/events.js";
import { warningLine } from "./hints.js";
import { terminal } from "./output.js";

/** Seconds between two lines of progress where there is no terminal. */
const lineSeconds = 30;

const stopping = "\nFinishing the step and saving; Ctrl-C again stops at once.\n";
const stoppedEarly = "\nStopped before the first step; nothing was saved.\n";

/** Shows the events of a training until it ends. */
export async function showTraining(
  events: AsyncIterable<TrainingEvent>,
  { json, signal }: { readonly json: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const progress = process.stderr.isTTY ? new TerminalProgress() : new LineProgress();
  let isBegun = false;
  signal.addEventListener("abort", () => {
    progress.clear();
    process.stderr.write(isBegun ? stopping : stoppedEarly);
  });
  try {
    for await (const event of events) {
      if (event.event === "start") isBegun = true;
      if (json) process.stdout.write(`${JSON.stringify(event)}\n`);
      else show(event, progress);
    }
  } finally {
    progress.clear();
  }
}

interface TrainingProgress {
  step(event: StepEvent): void;
  prepare(event: PrepareEvent): void;
  clear(): void;
}

function show(event: TrainingEvent, progress: TrainingProgress): void {
  switch (event.event) {
    case "step":
      progress.step(event);
      break;
    case "prepare":
      progress.prepare(event);
      break;
    default:
      progress.clear();
      process.stderr.write(textOf(event));
      if (event.event === "done") process.stdout.write(`${event.run}\n`);
  }
}

function textOf(event: Exclude<TrainingEvent, StepEvent | PrepareEvent>): string {
  switch (event.event) {
    case "data":
      return `${dataReportText(event.report).trimEnd()}\n\n`;
    case "warning":
      return warningLine(event);
    case "start":
      return startText(event);
    case "epoch":
      return epochText(event);
    default: {
      const { run, best, epoch } = event;
      const found = best
        ? `Best: epoch ${best.epoch}, top-1 ${percent(best.top1)}. `
        : `There are no validation photos: the weights are those of the last epoch, ${epoch}. `;
      return event.event === "done"
        ? `${found}Weights, figures and report.html are in ${run}.\n`
        : `Stopped in epoch ${epoch + 1}; irv2 train --resume ${run} continues.\n`;
    }
  }
}

function startText(event: StartEvent): string {
  const { run, settings, engine, trainedParameters, parameters, fresh, resumedAt } = event;
  const [height, width] = settings.inputSize;
  const lines = [
    `Run ${run}: ${event.epochs} ${event.epochs === 1 ? "epoch" : "epochs"}, recipe ${settings.recipe}, ${engine}`,
    `Network of width ${settings.width} at ${height}x${width}: ${formatCount(trainedParameters)} of ${formatCount(parameters)} parameters are trained`,
  ];
  if (fresh.length > 0)
    lines.push(
      `Newly initialized, since the weights do not have them in this shape: ${fresh.join(", ")}`,
    );
  const { epoch, step } = resumedAt;
  if (epoch > 0 || step > 0) lines.push(`Resuming after epoch ${epoch}, step ${step}`);
  return `${lines.join("\n")}\n\n`;
}

function epochText(event: EpochEvent): string {
  const { epoch, epochs, phase, isBest, secondsLeft } = event;
  const parts = [
    `epoch ${String(epoch).padStart(String(epochs).length)}/${epochs} ${phase}`,
    `loss ${event.trainLoss.toFixed(4)}`,
    `top-1 ${percent(event.trainTop1)}`,
    ...validationTexts(event),
    `${event.imagesPerSecond.toFixed(1)} images/s`,
    formatSeconds(event.seconds),
  ];
  if (secondsLeft > 0)
    parts.push(`${formatSeconds(secondsLeft)} left${phase === "head" ? " of head" : ""}`);
  if (isBest) parts.push("best");
  return `${parts.join("  ")}\n`;
}

function validationTexts({ validationLoss, validationTop1, validationTop5 }: EpochEvent): string[] {
  if (validationLoss === null) return ["no validation"];
  return [
    `validation loss ${validationLoss.toFixed(4)}`,
    `top-1 ${percent(validationTop1 ?? 0)}`,
    `top-5 ${percent(validationTop5 ?? 0)}`,
  ];
}

class TerminalProgress implements TrainingProgress {
  #bar: SingleBar | undefined;
  #format = "";

  step(event: StepEvent): void {
    const { step, steps, epoch, epochs, loss, accuracy, imagesPerSecond } = event;
    const format = `epoch ${epoch}/${epochs} {bar} {value}/{total} · loss {loss} · top-1 {top1} · {rate} images/s · {left} left`;
    this.#show(format, step, steps, {
      loss: loss.toFixed(4),
      top1: percent(accuracy),
      rate: imagesPerSecond.toFixed(1),
      left: formatSeconds(leftOf(event)),
    });
  }

  prepare({ what, done, total }: PrepareEvent): void {
    this.#show(`${what} {bar} {value}/{total}`, done, total, {});
  }

  clear(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #show(format: string, value: number, total: number, payload: object): void {
    if (this.#format !== format) this.clear();
    this.#format = format;
    if (!this.#bar) {
      const stream = terminal;
      const look = { barCompleteChar: "█", barIncompleteChar: "░", barsize: 24 };
      this.#bar = new SingleBar({
        stream,
        format,
        clearOnComplete: true,
        hideCursor: true,
        ...look,
      });
      this.#bar.start(total, value, payload);
    }
    this.#bar.update(value, payload);
  }
}

class LineProgress implements TrainingProgress {
  #last = performance.now();

  step(event: StepEvent): void {
    const { epoch, epochs, step, steps, loss, accuracy, imagesPerSecond } = event;
    if (step === steps) return;
    this.#line(
      `  epoch ${epoch}/${epochs} step ${step}/${steps}  loss ${loss.toFixed(4)}  top-1 ${percent(accuracy)}  ${imagesPerSecond.toFixed(1)} images/s  ${formatSeconds(leftOf(event))} left\n`,
    );
  }

  prepare({ what, done, total }: PrepareEvent): void {
    this.#line(`  ${what} ${done}/${total}\n`);
  }

  clear(): void {
    this.#last = performance.now();
  }

  #line(text: string): void {
    if (performance.now() - this.#last < lineSeconds * 1000) return;
    this.#last = performance.now();
    process.stderr.write(text);
  }
}

/** Seconds to the end of the epoch. */
function leftOf({ step, steps, images, imagesPerSecond }: StepEvent): number {
  return ((steps - step) * images) / imagesPerSecond;
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}
