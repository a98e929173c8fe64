/**
 * @file The house rules that neither the compiler nor the linter knows; part of `npm run check`.
 */
import { checkCodes } from "./check-codes.js";
import { checkDocs } from "./check-docs.js";
import { checkLayers } from "./check-layers.js";
import { checkSizes } from "./check-sizes.js";

/** A rule that is broken, and where. */
export interface Problem {
  readonly file: string;
  readonly line?: number;
  readonly problem: string;
}

const checks: Readonly<Record<string, () => Problem[]>> = {
  layers: checkLayers,
  sizes: checkSizes,
  codes: checkCodes,
  docs: checkDocs,
};

for (const [name, check] of Object.entries(checks)) {
  const problems = check();
  const count = `${problems.length} problem${problems.length === 1 ? "" : "s"}`;
  process.stdout.write(`${name}: ${problems.length > 0 ? count : "ok"}\n`);
  for (const { file, line = 1, problem } of problems) {
    process.stdout.write(`${file}:${line}: ${problem}\n`);
  }
  if (problems.length > 0) process.exitCode = 1;
}
