/**
 * @file Each error code of the table is thrown somewhere: an unused code is an error.
 * The other direction, a code that the table lacks, does not compile.
 */
import { errorCodes } from "@inception-resnet-v2/core";
import type { Problem } from "./check.js";
import { type SourceFile, sourceFiles } from "./source-files.js";

const table = "packages/core/src/error-codes.ts";

/** Codes of the table that no source of the packages names. */
export function checkCodes(
  files: readonly SourceFile[] = sourceFiles("packages"),
  codes: readonly string[] = Object.keys(errorCodes),
): Problem[] {
  // The command line's hints name codes as keys, without quotes: that is no use of them.
  const named = new Set(
    files
      .filter(({ path }) => path !== table && !path.endsWith(".test.ts"))
      .flatMap(({ text }) => text.match(/(?<=")[A-Z]+(?:_[A-Z]+)*(?=")/g) ?? []),
  );
  return codes
    .filter((code) => !named.has(code))
    .map((code) => ({
      file: table,
      problem: `expected something that throws ${code}, got nothing`,
    }));
}
