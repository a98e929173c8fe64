/**
 * @file The test runner: every compiled test file in a process of its own, one readable report.
 *
 * node dist/scripts/test.js [--full] [part of a path ...]
 *
 * `*.full.test.js` run only with --full. A compiled test whose source is gone does not run. Counted
 * are leaf tests; a failing hook, a crash and a file without a test count as one failure each. The
 * last line is `N passed, N failed[, N skipped]`; the exit code is 1 when something failed or
 * nothing ran.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "node:test";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  options: { full: { type: "boolean", default: false } },
  allowPositionals: true,
});
const repository = join(import.meta.dirname, "../..");
/** Folders of compiled files, and of their sources. */
const roots = [
  ["packages/core/dist", "packages/core/src"],
  ["packages/node/dist", "packages/node/src"],
  ["test/dist", "test"],
  ["dist", ""],
] as const;
const timeoutMs = 15 * 60_000;
const slowestShown = 5;
/** One: engines take every core, and two at a time wait for each other at every barrier. */
const concurrency = 1;

/** What is known of one test file so far; `depth` is the nesting of the test reported last. */
interface FileReport extends TestFile {
  readonly stderr: string[];
  tests: number;
  depth: number;
  durationMs: number;
}

const reports = findTestFiles().map(
  (file): FileReport => ({ ...file, stderr: [], tests: 0, depth: 0, durationMs: 0 }),
);
let passed = 0;
const failures: string[] = [];
const skips: string[] = [];

const queue = reports.values();
await Promise.all(
  Array.from({ length: concurrency }, async () => {
    for (const report of queue) await runFile(report);
  }),
);
for (const report of reports) {
  if (report.tests === 0) fail(report, "expected a test in this file, got none", "");
}
printReport();

/** A test file: its source from the root, and its compiled path. */
interface TestFile {
  readonly name: string;
  readonly path: string;
}

interface Finished {
  readonly name: string;
  readonly nesting: number;
  readonly skip?: string | boolean | undefined;
  readonly todo?: string | boolean | undefined;
  readonly details: { readonly type?: string | undefined; readonly error?: Error | undefined };
}

/**
 * Runs one file. Each has a run of its own, as Node names the file that defines a test, which may be
 * a suite shared by several test files.
 */
async function runFile(report: FileReport): Promise<void> {
  const { path } = report;
  for await (const { type, data } of run({ files: [path], timeout: timeoutMs })) {
    if (type === "test:stderr") report.stderr.push(data.message);
    if (type !== "test:pass" && type !== "test:fail" && type !== "test:complete") continue;
    // the file itself is reported as a test named by its path
    const isWholeFile = data.nesting === 0 && data.name === path;
    if (type === "test:complete") {
      if (isWholeFile) report.durationMs = data.details.duration_ms ?? 0;
    } else if (!isWholeFile) judge(report, data);
    else if (type === "test:fail") fail(report, "the file crashed", describeCrash(report, data));
  }
}

function describeCrash({ stderr }: FileReport, { details }: Finished): string {
  const { exitCode, signal, message } = details.error as Error & {
    exitCode?: number | null;
    signal?: string | null;
  };
  const ending = signal ?? (typeof exitCode === "number" ? `exit code ${exitCode}` : message);
  return [ending, stderr.join("").trim()].join("\n");
}

/** Counts a test. Children are reported right before their parent, one level deeper. */
function judge(report: FileReport, test: Finished): void {
  const isParent = test.nesting < report.depth;
  report.depth = test.nesting;
  const error = test.details.error as (Error & { failureType?: string }) | undefined;
  const isGroup = isParent || test.details.type === "suite";
  const reason = reasonToSkip(test);
  if (reason !== undefined) {
    report.tests++;
    skips.push(`${report.name}: ${test.name}: ${reason}`);
  } else if (error) {
    report.tests++;
    if (error.failureType === "subtestsFailed") return;
    const cause = error.cause ?? error;
    fail(report, test.name, cause instanceof Error ? (cause.stack ?? cause.message) : `${cause}`);
  } else if (!isGroup) {
    report.tests++;
    passed++;
  }
}

/** A test to do is run, but counts as skipped whatever comes of it. */
function reasonToSkip({ skip, todo }: Finished): string | undefined {
  if (typeof skip === "string") return skip;
  if (skip === true) return "no reason given";
  if (typeof todo === "string") return `todo: ${todo}`;
  return todo === true ? "todo" : undefined;
}

function fail(report: FileReport, what: string, why: string): void {
  report.tests++;
  failures.push(`FAILED ${report.name}: ${what}\n${why.replace(/^(?=.)/gm, "    ")}`.trimEnd());
}

function printReport(): void {
  const slowest = reports.toSorted((a, b) => b.durationMs - a.durationMs);
  const lines = [
    ...failures.map((failure) => `${failure}\n`),
    ...skips.map((skip) => `skipped ${skip}`),
    ...slowest
      .slice(0, slowestShown)
      .map(({ name, durationMs }) => `${(durationMs / 1000).toFixed(1)} s ${name}`),
    `${passed} passed, ${failures.length} failed${skips.length > 0 ? `, ${skips.length} skipped` : ""}`,
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  process.exitCode = failures.length > 0 || passed === 0 ? 1 : 0;
}

/** Compiled tests whose sources are there, those that the arguments ask for. */
function findTestFiles(): TestFile[] {
  const parts = positionals.map((part) => part.replace(/\.js$/, ".ts"));
  return roots
    .flatMap(([compiled, source]) =>
      compiledTests(join(repository, compiled)).map((path) => ({
        name: join(source, path).replaceAll("\\", "/").replace(/\.js$/, ".ts"),
        path: join(repository, compiled, path),
      })),
    )
    .filter(({ name }) => values.full || !name.endsWith(".full.test.ts"))
    .filter(({ name }) => parts.length === 0 || parts.some((part) => name.includes(part)))
    .filter(({ name }) => existsSync(join(repository, name)))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function compiledTests(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return paths.filter((path) => path.endsWith(".test.js"));
}
