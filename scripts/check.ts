/**
 * @file The house rules that neither the compiler nor the linter knows; part of `npm run check`.
 */
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
  docs: checkDocs,
};

for (const [name, check] of Object.entries(checks)) {
  const problems = check();
  process.stdout.write(
    `${name}: ${problems.length === 0 ? "ok" : `${problems.length} problems`}\n`,
  );
  for (const { file, line = 1, problem } of problems) {
    process.stdout.write(`${file}:${line}: ${problem}\n`);
    process.exitCode = 1;
  }
}
