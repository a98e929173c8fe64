/**
 * @file The loop that `classify` and `embed` share: every image once, in order, through one model.
 */
import { type ErrorCode, Irv2Error, packError } from "@inception-resnet-v2/core/internal/errors.js";
import type { ImageSource } from "@inception-resnet-v2/core/internal/image/source.js";
import { leftOutLines } from "../image/left-out.js";
import type { InceptionResNetV2 } from "../model/model.js";
import type { ImageError } from "../model/options.js";
import { exitCodes } from "./exit-codes.js";
import { listenForInterruption } from "./interruption.js";
import type { NamedImage, NamedImages } from "./named-images.js";
import { createProgress } from "./progress.js";

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

/**
 * Runs the loop. A file that cannot be read is shown and the others still run; the exit code is
 * then 3. What the search for images passed over is told at the end. Ctrl-C finishes the images under way and exits with 130.
 */
export async function eachImage<T>(
  model: InceptionResNetV2,
  { images, leftOut, failed }: NamedImages,
  { stream, show, fail }: EachImage<T>,
): Promise<void> {
  for (const { file, error } of failed) {
    const { code, message } = packError(error);
    fail(file, { code, message });
  }
  if (failed.length > 0 || leftOut.some(({ isFault }) => isFault)) {
    process.exitCode ||= exitCodes.badInput;
  }
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
  for (const line of leftOutLines(leftOut)) process.stderr.write(`${line}\n`);
}
