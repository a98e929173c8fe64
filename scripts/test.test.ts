import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const compiled = join(dirname(fileURLToPath(import.meta.url)), "..");
let project = "";

/** A project with the runner and test files: name without `.test.js` -> text. */
function writeTests(files: Readonly<Record<string, string>>): void {
  rmSync(project, { recursive: true, force: true });
  mkdirSync(join(project, "dist"), { recursive: true });
  writeFileSync(join(project, "package.json"), '{"type":"module"}');
  cpSync(join(compiled, "scripts/test.js"), join(project, "dist/scripts/test.js"));
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(
      join(project, `dist/${name}.test.js`),
      `import { it } from "node:test";\n${text}`,
    );
    writeFileSync(join(project, `${name}.test.ts`), "");
  }
}

function runTests(...args: string[]): { status: number | null; stdout: string; last: string } {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const runner = join(project, "dist/scripts/test.js");
  const { status, stdout } = spawnSync(process.execPath, [runner, ...args], {
    env,
    encoding: "utf8",
  });
  return { status, stdout, last: stdout.trimEnd().split("\n").at(-1) ?? "" };
}

describe("the test runner", () => {
  before(() => {
    project = mkdtempSync(join(tmpdir(), "test-runner-"));
  });
  after(() => rmSync(project, { recursive: true, force: true }));

  it("counts leaf tests and names the slowest files", () => {
    writeTests({
      nested: `import { describe } from "node:test";
        describe("a", () => { it("one", () => {}); describe("b", () => it("two", () => {})); });
        it("parent", async (t) => { await t.test("three", () => {}); });`,
    });
    const { status, stdout, last } = runTests();
    assert.equal(last, "3 passed, 0 failed");
    assert.match(stdout, /^\d+\.\d s nested\.test\.ts\n/);
    assert.equal(status, 0);
  });

  it("counts the tests of a shared suite for each file that runs it", () => {
    const shared = 'import { suite } from "./suite.js"; suite();';
    writeTests({ one: shared, two: shared });
    writeFileSync(
      join(project, "dist/suite.js"),
      `import { it } from "node:test";
       export const suite = () => { it("passes", () => {}); it("fails", () => { throw "no"; }); };`,
    );
    const { stdout, last } = runTests();
    assert.equal(last, "2 passed, 2 failed");
    assert.match(stdout, /FAILED one\.test\.ts: fails\n/);
    assert.match(stdout, /FAILED two\.test\.ts: fails\n/);
  });

  it("gives each skip with its reason, and lets todos fail", () => {
    writeTests({
      skips: `import { describe } from "node:test";
        it("passes", () => {});
        it("one", { skip: "no data here" }, () => {});
        it("two", { skip: true }, () => {});
        it("three", { todo: "next week" }, () => { throw new Error("not yet"); });
        describe("all", { skip: "no library here" }, () => it("four", () => {}));`,
    });
    const { status, stdout, last } = runTests();
    assert.deepEqual(stdout.split("\n").slice(0, 4), [
      "skipped skips.test.ts: one: no data here",
      "skipped skips.test.ts: two: no reason given",
      "skipped skips.test.ts: three: todo: next week",
      "skipped skips.test.ts: all: no library here",
    ]);
    assert.equal(last, "1 passed, 0 failed, 4 skipped");
    assert.equal(status, 0);
  });

  it("shows where a test failed", () => {
    writeTests({
      bad: `import assert from "node:assert/strict";
        it("adds", () => assert.equal(1 + 1, 3)); it("passes", () => {});`,
    });
    const { status, stdout, last } = runTests();
    assert.match(stdout, /^FAILED bad\.test\.ts: adds\n {4}AssertionError .*\n\n {4}2 !== 3\n/);
    assert.match(stdout, /bad\.test\.js:3:/);
    assert.equal(last, "1 passed, 1 failed");
    assert.equal(status, 1);
  });

  const broken: Readonly<Record<string, [text: string, report: RegExp]>> = {
    "throws at load": [
      'throw new Error("no luck")',
      /the file crashed\n {4}exit code 1\n.*no luck/s,
    ],
    "does not parse": ["const = 3", /the file crashed\n {4}exit code 1\n.*SyntaxError/s],
    "exits early": ['it("x", () => process.exit(7))', /the file crashed\n {4}exit code 7\n/],
    "is killed": [
      'it("x", () => process.kill(process.pid, "SIGKILL"))',
      /the file crashed\n {4}SIGKILL\n/,
    ],
    "fails in a hook afterwards": [
      `import { after, describe } from "node:test";
       describe("group", () => { after(() => { throw new Error("leak"); }); it("x", () => {}); });`,
      /broken\.test\.ts: group\n {4}Error: leak\n/,
    ],
    "holds no test": ["", /broken\.test\.ts: expected a test in this file, got none\n/],
  };
  for (const [what, [text, report]] of Object.entries(broken)) {
    it(`counts a file that ${what} as failed`, () => {
      writeTests({ broken: text, good: 'it("passes", () => {})' });
      const { status, stdout, last } = runTests();
      assert.match(stdout, report);
      assert.match(last, /^[12] passed, 1 failed$/);
      assert.equal(status, 1);
    });
  }

  it("runs the files asked for, by source or compiled name, and slow ones only with --full", () => {
    const passes = 'it("passes", () => {})';
    writeTests({ one: passes, two: passes, "three.full": passes });
    assert.equal(runTests().last, "2 passed, 0 failed");
    assert.equal(runTests("--full").last, "3 passed, 0 failed");
    assert.equal(runTests("two.test.js").last, "1 passed, 0 failed");
  });

  it("fails when nothing ran", () => {
    writeTests({ one: 'it("passes", () => {})' });
    const { status, last } = runTests("nowhere");
    assert.equal(last, "0 passed, 0 failed");
    assert.equal(status, 1);
  });

  it("leaves out a compiled test whose source is gone", () => {
    writeTests({ one: 'it("passes", () => {})', stale: 'it("fails", () => { throw 1; })' });
    rmSync(join(project, "stale.test.ts"));
    assert.equal(runTests().last, "1 passed, 0 failed");
  });
});
