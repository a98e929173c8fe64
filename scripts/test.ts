/**
 * @file The test runner: every compiled test file in a process of its own, one readable report.
 *
 * node dist/scripts/test.js [--full] [part of a path ...]
 *
 * `*.full.test.js` run only with --full. The last line is `N passed, N failed[, N skipped]`; the exit
 * code is 1 when something failed or nothing ran.
 */
import { readdirSync } from "node:fs";
import { relative } from "node:path";
import { run } from "node:test";
import { repositoryFile } from "../test/helpers/paths.js";

const args = process.argv.slice(2);
const full = args.includes("--full");
const parts = args.filter((arg) => !arg.startsWith("--"));
const root = repositoryFile("dist");
const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".test.js") && (full || !path.endsWith(".full.test.js")))
  .filter((path) => parts.length === 0 || parts.some((part) => path.includes(part)))
  .sort()
  .map((path) => `${root}/${path}`);

let passed = 0;
let failed = 0;
const skipped: string[] = [];
const times = new Map<string, number>();
const failures: string[] = [];

for await (const { type, data } of run({ files, concurrency: 2, timeout: 15 * 60_000 })) {
  if (type === "test:stderr" || type === "test:stdout") continue;
  if (type !== "test:pass" && type !== "test:fail") continue;
  const file = relative(root, data.file ?? data.name);
  const isFile = data.nesting === 0 && files.includes(data.name);
  if (isFile) times.set(file, data.details.duration_ms);
  if (data.details.type === "suite") continue;
  if (type === "test:pass") {
    if (isFile) continue;
    if (data.skip === undefined) passed++;
    else skipped.push(`${file}: ${data.name}: ${data.skip}`);
    continue;
  }
  const cause = (data.details.error.cause ?? data.details.error) as Error & {
    failureType?: string;
  };
  if (/subtestsFailed/.test(String((data.details.error as { failureType?: string }).failureType)))
    continue;
  failed++;
  failures.push(`${file}: ${data.name}\n${indent(cause.stack ?? String(cause))}`);
}

for (const failure of failures) process.stdout.write(`FAILED ${failure}\n\n`);
for (const line of skipped) process.stdout.write(`skipped ${line}\n`);
const slowest = [...times].sort(([, a], [, b]) => b - a).slice(0, 5);
for (const [file, ms] of slowest) process.stdout.write(`${(ms / 1000).toFixed(1)} s ${file}\n`);
const ending = skipped.length > 0 ? `, ${skipped.length} skipped` : "";
process.stdout.write(`${passed} passed, ${failed} failed${ending}\n`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

function indent(text: string): string {
  return text.replace(/^/gm, "    ");
}
