/**
 * @file The loop that `classify` and `embed` share: every image once, in order, through one model.
 */
import {
  type ErrorCode,
  Irv2Error,
  packError,
  UsageError,
} from "@inception-resnet-v2/core/internal/errors.js";
import type { ImageSource } from "@inception-resnet-v2/core/internal/image/source.js";
import type { Command } from "commander";
import { readAnnotations } from "../data/annotations/annotations.js";
import { findImages } from "../image/find-images.js";
import type { InceptionResNetV2 } from "../model/model.js";
import type { ImageError } from "../model/options.js";
import { exitCodes } from "./exit-codes.js";
import { listenForInterruption } from "./interruption.js";
import { annotationsOption, dataOf } from "./options.js";
import { createProgress } from "./progress.js";

/** An image by the name it was given or found under; `-` is standard input. */
export interface NamedImage {
  readonly file: string;
  readonly source: ImageSource;
  /** Its classes where a table says them. */
  readonly labels?: readonly string[];
}

/** What the JSON line of an unreadable file says. */
export interface FileError {
  readonly code: ErrorCode;
  readonly message: string;
}

/** How to go through the images. */
export interface EachImage<T> {
  /** Starts the model's own stream, for example `classifyAll`. */
  stream(
    model: InceptionResNetV2,
    sources: Iterable<ImageSource>,
  ): AsyncIterable<({ readonly source: ImageSource } & T) | ImageError>;
  /** Shows one result. */
  show(file: string, result: T, image: NamedImage): void;
  /** Shows one file that could not be read. */
  fail(file: string, error: FileError): void;
}

/** Flags that give a table of images. */
export interface TableFlags {
  readonly data?: string;
  readonly annotations?: string;
}

/** Adds the options that give a table of images. */
export function withTableOptions(command: Command): Command {
  return command
    .addOption(annotationsOption())
    .option("-d, --data <dir>", "where its paths start (default: the folder of the table)");
}

/**
 * Expands the arguments of the command line (files, folders, globs, `-`) and reads the table.
 * Throws `UsageError` where there is neither.
 */
export async function namedImages(
  patterns: readonly string[],
  flags: TableFlags,
): Promise<NamedImage[]> {
  const { annotations, data } = flags;
  if (annotations === undefined && (patterns.length === 0 || data !== undefined)) {
    throw new UsageError(
      "OPTION_MISSING",
      data === undefined
        ? "Expected images or --annotations with a table of them, got neither"
        : "Expected --annotations with a table beside --data, got none",
    );
  }
  const images: NamedImage[] = annotations === undefined ? [] : await imagesOf(annotations, flags);
  for (const pattern of patterns) {
    if (pattern === "-") images.push({ file: "-", source: await readStandardInput() });
    else for (const file of await findImages([pattern])) images.push({ file, source: file });
  }
  return images;
}

async function imagesOf(table: string, flags: TableFlags): Promise<NamedImage[]> {
  const found = await readAnnotations(table, dataOf(flags), { needsLabels: false });
  for (const note of found.notes) process.stderr.write(`Note: ${note}\n`);
  return found.photos.map(({ file, labels }) => ({
    file,
    source: file,
    ...(labels.length > 0 && { labels }),
  }));
}

/**
 * Runs the loop. A file that cannot be read is shown and the others still run; the exit code is
 * then 3. Ctrl-C finishes the images under way and exits with 130.
 */
export async function eachImage<T>(
  model: InceptionResNetV2,
  images: readonly NamedImage[],
  { stream, show, fail }: EachImage<T>,
): Promise<void> {
  using interruption = listenForInterruption();
  const progress = createProgress(images.length, "images");
  try {
    const sources = (function* () {
      for (const { source } of images) {
        if (interruption.isRequested) return;
        yield source;
      }
    })();
    let at = 0;
    for await (const result of stream(model, sources)) {
      const image = images[at++] as NamedImage;
      const { file } = image;
      if ("error" in result) {
        if (!(result.error instanceof Irv2Error)) throw result.error;
        const { code, message } = packError(result.error);
        progress.aside(() => fail(file, { code, message }));
        process.exitCode ||= exitCodes.badInput;
      } else {
        progress.aside(() => show(file, result, image));
      }
      progress.step();
    }
  } finally {
    progress.stop();
  }
}

async function readStandardInput(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}
