/**
 * @file No file grows past what a reader can hold; generated data (marked so in its head) is exempt.
 */
import type { Problem } from "./check.js";
import { type SourceFile, sourceFiles } from "./source-files.js";

/** Lines from which a source file draws a warning. */
const softLimit = 300;
/** Lines that no file may exceed. */
const hardLimit = 600;
const generated = /^ \* @generated\b/m;

/** Files over the limits: tests only over the hard one. */
export function checkSizes(
  files: readonly SourceFile[] = sourceFiles("packages", "scripts", "bench", "examples", "test"),
): Problem[] {
  return files.flatMap(({ path, text }) => {
    const lines = text.trimEnd().split("\n").length;
    const limit = lines > hardLimit || path.endsWith(".test.ts") ? hardLimit : softLimit;
    if (lines <= limit || generated.test(text)) return [];
    const problem = `expected at most ${limit} lines, got ${lines}`;
    return [{ file: path, line: limit + 1, problem, isWarning: limit === softLimit }];
  });
}
