/**
 * @file Limits on the size of source files, the longest and the median; generated data (marked so in
 * its header) is exempt.
 */
import type { Problem } from "./check.js";
import { type SourceFile, sourceFiles } from "./source-files.js";

/** Lines that no source file may exceed. */
const limit = 300;
/** The same of a test, which is read case by case. */
const testLimit = 600;
/** Lines that the middle one of the packages' source files may have. */
const medianLimit = 110;
const generated = /^ \* @generated\b/m;

/** Files over their limit, and the packages as a whole where their median is over its own. */
export function checkSizes(
  files: readonly SourceFile[] = sourceFiles("packages", "scripts", "bench", "examples", "test"),
): Problem[] {
  const sizes = files
    .filter(({ text }) => !generated.test(text))
    .map(({ path, text }) => {
      return { path, lines: text.trimEnd().split("\n").length, isTest: path.endsWith(".test.ts") };
    });
  const tooLong = sizes.flatMap(({ path, lines, isTest }) => {
    const most = isTest ? testLimit : limit;
    if (lines <= most) return [];
    return [
      { file: path, line: most + 1, problem: `expected at most ${most} lines, got ${lines}` },
    ];
  });
  const sources = sizes
    .filter(({ path, isTest }) => path.startsWith("packages/") && !isTest)
    .map(({ lines }) => lines)
    .sort((a, b) => a - b);
  const median = sources[sources.length >> 1] ?? 0;
  if (median <= medianLimit) return tooLong;
  const problem = `expected a median of at most ${medianLimit} lines a source file, got ${median}`;
  return [...tooLong, { file: "packages", problem }];
}
