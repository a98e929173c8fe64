/**
 * @file `irv2 classify`: the most likely classes of each image.
 */

import type { Prediction } from "@inception-resnet-v2/core/internal/predictions/predictions.js";
import { oneLine } from "@inception-resnet-v2/core/internal/summary/printable.js";
import { Command } from "commander";
import { eachImage } from "./each-image.js";
import { namedImages, type TableFlags, withTableOptions } from "./named-images.js";
import {
  labelsOption,
  type ModelFlags,
  openModel,
  wholeNumber,
  withModelOptions,
} from "./options.js";

interface ClassifyFlags extends ModelFlags, TableFlags {
  readonly topK: number;
}

export function classifyCommand(): Command {
  const command = new Command("classify")
    .description("classify each image: the most likely classes with their scores")
    .argument(
      "[images...]",
      "files, folders (searched through), globs, https: URLs, or - for standard input",
    )
    .option("-k, --top-k <n>", "number of classes to show", wholeNumber(1), 5)
    .addOption(labelsOption());
  return withModelOptions(withTableOptions(command))
    .addHelpText(
      "after",
      `
Examples:
  irv2 classify photo.jpg
  irv2 classify photo.jpg --weights model.safetensors
  irv2 classify photos/ --weights model.safetensors --json > predictions.jsonl
  irv2 classify 'photos/**/*.png' --weights model.safetensors --batch 8 --top-k 1
  cat photo.jpg | irv2 classify - --weights model.safetensors

With --json each image gives one line, in the order of the images:
  {"file": "photo.jpg", "predictions": [{"index": 951, "label": "lemon", "score": 0.98}, ...]}
  {"file": "notes.txt", "error": {"code": "IMAGE_FORMAT", "message": "..."}}
The exit code is 3 if an image could not be read; the others are still classified.`,
    )
    .action(classify);
}

async function classify(patterns: string[], flags: ClassifyFlags): Promise<void> {
  const images = await namedImages(patterns, flags);
  await using model = await openModel(flags);
  let first = true;
  await eachImage<{ predictions: readonly Prediction[] }>(model, images, {
    stream: (one, sources) => one.classifyAll(sources, { topK: flags.topK, batch: flags.batch }),
    show(file, { predictions }) {
      if (flags.json) return writeLine({ file, predictions });
      process.stdout.write(`${first ? "" : "\n"}${rankedList(file, predictions)}`);
      first = false;
    },
    fail(file, error) {
      if (flags.json) writeLine({ file, error });
      else process.stderr.write(`irv2: ${oneLine(error.message)}\n`);
    },
  });
}

function writeLine(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** The classes of one image as a small bar chart. */
function rankedList(file: string, predictions: readonly Prediction[]): string {
  const lines = predictions.map(({ label, score }, rank) => {
    const eighths = Math.round(score * 160);
    const bar = "█".repeat(eighths >> 3) + ("▏▎▍▌▋▊▉"[(eighths & 7) - 1] ?? "");
    const percent = (score * 100).toFixed(score < 0.0995 ? 2 : 1);
    return `${String(rank + 1).padStart(4)}  ${percent.padStart(5)} %  ${bar.padEnd(20)}  ${oneLine(label)}`;
  });
  return `${[oneLine(file), ...lines].join("\n")}\n`;
}
