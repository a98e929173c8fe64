/**
 * @file From the arguments of `classify` and `embed` to the images that they mean.
 */
import { InputError, UsageError } from "@inception-resnet-v2/core/internal/errors.js";
import type { ImageSource } from "@inception-resnet-v2/core/internal/image/source.js";
import type { Command } from "commander";
import { missingNote, readAnnotations } from "../data/annotations/annotations.js";
import { findImages } from "../image/find-images.js";
import { type LeftOut, LeftOutList, leftOutLines } from "../image/left-out.js";
import { exitCodes } from "./exit-codes.js";
import { annotationsOption, dataOf } from "./options.js";

/** An image by the name it was given or found under; `-` is standard input. */
export interface NamedImage {
  readonly file: string;
  readonly source: ImageSource;
  /** Its classes where a table says them. */
  readonly labels?: readonly string[];
}

/** The images, and what is to be told of the search for them. */
export interface NamedImages {
  readonly images: readonly NamedImage[];
  readonly leftOut: readonly LeftOut[];
  /** Arguments in which no image was found. */
  readonly failed: readonly { readonly file: string; readonly error: InputError }[];
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
 * Expands the arguments of the command line (files, folders, globs, `-`) and reads the table. An
 * argument without an image does not end it. Throws `UsageError` where there is nothing to look
 * for, and the error of the first argument where there is no image at all.
 */
export async function namedImages(
  patterns: readonly string[],
  flags: TableFlags,
): Promise<NamedImages> {
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
  const leftOut = new LeftOutList();
  const failed: { file: string; error: InputError }[] = [];
  for (const pattern of patterns) {
    if (isAddress(pattern)) {
      images.push({ file: pattern, source: new URL(pattern) });
      continue;
    }
    if (pattern === "-") {
      images.push({ file: "-", source: await readStandardInput() });
      continue;
    }
    try {
      const files = await findImages([pattern], leftOut);
      images.push(...files.map((file) => ({ file, source: file })));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      failed.push({ file: pattern, error });
    }
  }
  const [first] = failed;
  if (images.length > 0 || !first) return { images, leftOut: leftOut.list, failed };
  for (const line of leftOutLines(leftOut.list)) process.stderr.write(`${line}\n`);
  throw first.error;
}

async function imagesOf(table: string, flags: TableFlags): Promise<NamedImage[]> {
  const found = await readAnnotations(table, dataOf(flags), { needsLabels: false });
  for (const note of [...found.notes, ...missingNote(table, found)]) {
    process.stderr.write(`${note}\n`);
  }
  if (found.missing.length > 0) process.exitCode ||= exitCodes.badInput;
  return found.photos.map(({ file, labels }) => ({
    file,
    source: file,
    ...(labels.length > 0 && { labels }),
  }));
}

function isAddress(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text);
}

async function readStandardInput(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}
