/**
 * @file The house rules that neither the compiler nor the linter knows; part of `npm run check`.
 */
import { checkCodes } from "./check-codes.js";
import { checkDocs } from "./check-docs.js";
import { checkLayers } from "./check-layers.js";
import { checkSizes } from "./check-sizes.js";

/** A rule that is broken, and where; a warning does not fail the check. */
export interface Problem {
  readonly file: string;
  readonly line?: number;
  readonly problem: string;
  readonly isWarning?: boolean;
}

const checks: Readonly<Record<string, () => Problem[]>> = {
  layers: checkLayers,
  sizes: checkSizes,
  codes: checkCodes,
  docs: checkDocs,
};

for (const [name, check] of Object.entries(checks)) {
  const problems = check();
  const failing = problems.filter(({ isWarning }) => !isWarning).length;
  const counts = [failing, problems.length - failing]
    .map((count, index) => `${count} ${["problem", "warning"][index]}${count === 1 ? "" : "s"}`)
    .filter((text) => !text.startsWith("0 "));
  process.stdout.write(`${name}: ${counts.join(", ") || "ok"}\n`);
  for (const { file, line = 1, problem, isWarning } of problems) {
    process.stdout.write(`${file}:${line}: ${isWarning ? "warning: " : ""}${problem}\n`);
  }
  if (failing > 0) process.exitCode = 1;
}
