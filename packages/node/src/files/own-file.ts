/**
 * @file Files of this package that run in threads of their own.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ResourceError } from "@inception-resnet-v2/core/internal/errors.js";

/**
 * The file of a thread. Throws `ResourceError` where a bundler put the code elsewhere and left the file
 * behind.
 */
export function threadFile(url: URL): URL {
  const isCopy = /\/[\da-f]{16,}\.m?js$/.test(url.pathname); // webpack names copies by their hash
  if (url.protocol === "file:" && !isCopy && existsSync(url)) return url;
  const place = url.protocol === "file:" ? fileURLToPath(url) : url.href;
  throw new ResourceError(
    "THREAD_FILE_MISSING",
    `Cannot start a thread: expected the file "${place}", got none: mark the package inception-resnet-v2 as external in the bundler and install it where the bundle runs`,
  );
}
