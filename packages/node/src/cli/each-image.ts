/**
 * @file The loop that `classify` and `embed` share: every image once, in order, through one model.
 */
import { type ErrorCode, Irv2Error, packError } from "@inception-resnet-v2/core/internal/errors.js";
import type { ImageSource } from "@inception-resnet-v2/core/internal/image/source.js";
import { findImages } from "../image/find-images.js";
import type { InceptionResNetV2 } from "../model/model.js";
import type { ImageError } from "../model/options.js";
import { exitCodes } from "./exit-codes.js";
import { listenForInterruption } from "./interruption.js";
import { createProgress } from "./progress.js";

/** An image by the name it was given or found under; `-` is standard input. */
export interface NamedImage {
  readonly file: string;
  readonly source: ImageSource;
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
  show(file: string, result: T): void;
  /** Shows one file that could not be read. */
  fail(file: string, error: FileError): void;
}

/** Expands the arguments of the command line: files, folders, globs, `-`. */
export async function namedImages(patterns: readonly string[]): Promise<NamedImage[]> {
  const images: NamedImage[] = [];
  for (const pattern of patterns) {
    if (pattern === "-") images.push({ file: "-", source: await readStandardInput() });
    else for (const file of await findImages([pattern])) images.push({ file, source: file });
  }
  return images;
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
      const file = images[at++]?.file ?? "";
      if ("error" in result) {
        if (!(result.error instanceof Irv2Error)) throw result.error;
        const { code, message } = packError(result.error);
        progress.aside(() => fail(file, { code, message }));
        process.exitCode ||= exitCodes.badInput;
      } else {
        progress.aside(() => show(file, result));
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
