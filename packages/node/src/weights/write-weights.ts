/**
 * @file Files of weights on disk, and how a message calls them.
 */
import {
  type FileParts,
  type WriteFileOptions,
  writeFolder,
  writeParts,
} from "../files/write-file.js";

const asWeights = { what: "weights" } as const;

/** Writes a file of weights part by part, as `writeParts` does. */
export function writeWeights(
  path: string,
  parts: FileParts,
  options: Omit<WriteFileOptions, "what"> = {},
): Promise<void> {
  return writeParts(path, parts, { ...options, ...asWeights });
}

/** Writes a folder of weights, as `writeFolder` does. */
export function writeWeightFolder(
  path: string,
  files: Iterable<readonly [name: string, bytes: Uint8Array]>,
  options: Omit<WriteFileOptions, "what"> = {},
): Promise<void> {
  return writeFolder(path, files, { ...options, ...asWeights });
}
