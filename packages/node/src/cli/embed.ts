/**
 * @file `irv2 embed`: the features of each image, for search, clustering or another classifier.
 */

import { UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import { oneLine } from "@inception-resnet-v2/core/internal/summary/printable.js";
import { safetensorsParts } from "@inception-resnet-v2/core/internal/weights/formats/safetensors.js";
import { Command, Option } from "commander";
import { checkFilePlace, writeOrKeep } from "../files/write-file.js";
import { eachImage } from "./each-image.js";
import { namedImages, type TableFlags, withTableOptions } from "./named-images.js";
import { encodeNpy } from "./npy.js";
import { type ModelFlags, openModel, withModelOptions } from "./options.js";

interface EmbedFlags extends ModelFlags, TableFlags {
  readonly format: "json" | "npy" | "safetensors";
  readonly out?: string;
}

export function embedCommand(): Command {
  const command = new Command("embed")
    .description("compute the features of each image that the classifier reads, 1536 at width 1")
    .argument(
      "[images...]",
      "files, folders (searched through), globs, https: URLs, or - for standard input",
    )
    .addOption(
      new Option("--format <format>", "json: one line per image; npy, safetensors: one matrix")
        .choices(["json", "npy", "safetensors"])
        .default("json"),
    )
    .option("-o, --out <file>", "matrix file to write (required for npy and safetensors)");
  return withModelOptions(withTableOptions(command))
    .addHelpText(
      "after",
      `
Examples:
  irv2 embed photo.jpg --weights model.safetensors
  irv2 embed --annotations labels.csv --weights model.safetensors > features.jsonl
  irv2 embed photos/ --weights model.safetensors --format npy --out features.npy > rows.jsonl

json prints {"file": "photo.jpg", "features": [...]} for each image, and "labels" from a table. The matrix formats write
"features" [images, features] float32 to --out and print {"file": "photo.jpg", "row": 0} for each.
The exit code is 3 if an image could not be read; it gets an error line and no row.`,
    )
    .action(embed);
}

async function embed(patterns: string[], flags: EmbedFlags): Promise<void> {
  const { format, out } = flags;
  if (format !== "json" && out === undefined) {
    throw new UsageError(
      "OPTION_MISSING",
      `Expected --out with a file for --format ${format}, got none`,
    );
  }
  if (format === "json" && out !== undefined) {
    throw new UsageError(
      "OPTION_UNUSED",
      "Expected --format npy or safetensors with --out, got json",
    );
  }
  if (out !== undefined) await checkFilePlace(out);
  const images = await namedImages(patterns, flags);
  await using model = await openModel(flags);
  const rows: Float32Array[] = [];
  const files: string[] = [];
  await eachImage<{ features: Float32Array }>(model, images, {
    stream: (one, sources) => one.embedAll(sources, { batch: flags.batch }),
    show(file, { features }, { labels }) {
      const known = { file, ...(labels && { labels }) };
      if (format === "json") return writeLine({ ...known, features: [...features] });
      writeLine({ ...known, row: rows.length });
      files.push(file);
      rows.push(features);
    },
    fail(file, error) {
      if (flags.json || format === "json") writeLine({ file, error });
      else process.stderr.write(`irv2: ${oneLine(error.message)}\n`);
    },
  });
  if (out === undefined) return;
  const shape = [rows.length, rows[0]?.length ?? 0] as const;
  const data = new Float32Array(shape[0] * shape[1]);
  rows.forEach((row, at) => {
    data.set(row, at * shape[1]);
  });
  const features = { shape, data };
  const metadata = { files: JSON.stringify(files) };
  await writeOrKeep(out, () =>
    format === "npy"
      ? [encodeNpy(features)]
      : safetensorsParts(new Map([["features", features]]), { metadata }),
  );
}

function writeLine(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
