/**
 * @file Writes weight files to disk.
 */
import {
  checkFilePlace,
  checkFolderPlace,
  type FileParts,
  type WriteFileOptions,
  writeFolder,
  writeOrKeep,
  writeParts,
} from "../files/write-file.js";

const asWeights = { what: "weights" } as const;

/** Throws `ResourceError` where no file of weights could be written, or no folder of them. */
export function checkWeightPlace(path: string, kind: "file" | "folder" = "file"): Promise<void> {
  return kind === "file" ? checkFilePlace(path, asWeights) : checkFolderPlace(path, asWeights);
}

/** Writes a file of weights part by part, as `writeParts` does. */
export function writeWeights(
  path: string,
  parts: FileParts,
  options: Omit<WriteFileOptions, "what"> = {},
): Promise<void> {
  return writeParts(path, parts, { ...options, ...asWeights });
}

/** Writes a file of weights that took long to make, as `writeOrKeep` does. */
export function writeOrKeepWeights(
  path: string,
  parts: () => FileParts,
  options: Omit<WriteFileOptions, "what"> = {},
): Promise<void> {
  return writeOrKeep(path, parts, { ...options, ...asWeights });
}

/** Writes a folder of weights, as `writeFolder` does. */
export function writeWeightFolder(
  path: string,
  files: Iterable<readonly [name: string, bytes: Uint8Array]>,
  options: Omit<WriteFileOptions, "what"> = {},
): Promise<void> {
  return writeFolder(path, files, { ...options, ...asWeights });
}
