/**
 * @file No file grows past what a reader can hold; generated data is exempt.
 */
import type { Problem } from "./check.js";
import { sourceFiles } from "./source-files.js";

const lineLimit = 600;

/** Files over the limit. */
export function checkSizes(): Problem[] {
  return sourceFiles("src", "scripts", "bench", "test").flatMap(({ path, text }) => {
    const lines = text.split("\n").length;
    if (lines <= lineLimit || text.includes("@generated")) return [];
    return [{ file: path, problem: `expected at most ${lineLimit} lines, got ${lines}` }];
  });
}
