import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { describe, it } from "node:test";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { checkHeads, checkLinks, checkVersion } from "./check-docs.js";
import { checkPublicNames } from "./check-public-names.js";

describe("checkHeads()", () => {
  it("asks each file but tests for an essay at its head", () => {
    const files = {
      "src/a.ts": "/** @file One line. */\n",
      "src/b.ts": "#!/usr/bin/env node\n/**\n * @file Two.\n */\n",
      "src/c.ts": "import x;\n/** @file Too late. */\n",
      "src/c.test.ts": "import x;\n",
    };
    const given = Object.entries(files).map(([path, text]) => ({ path, text }));
    assert.deepEqual(checkHeads(given), [
      { file: "src/c.ts", problem: "expected the file to start with /** @file ... */" },
    ]);
  });
});

describe("checkLinks()", () => {
  const check = (text: string) =>
    checkLinks([{ path: "docs/page.md", text }]).map(({ line, problem }) => `${line}: ${problem}`);

  it("follows links from their page, and mentioned paths from the root", () => {
    assert.deepEqual(
      check(
        "[a](../README.md) [b](https://example.org/x) [c](#part) `packages/core/src/graph/ops.ts`, src/image.",
      ),
      [],
    );
    assert.deepEqual(check("\n[a](README.md#top)\n\nsee `packages/core/src/graph/oops.ts`"), [
      '2: expected "README.md" to exist',
      '4: expected "packages/core/src/graph/oops.ts" to exist',
    ]);
  });

  it("reports a broken link once, though its target is a path too", () => {
    assert.deepEqual(check("[a](packages/oops.ts)"), ['1: expected "packages/oops.ts" to exist']);
  });

  it("takes patterns, addresses and other people's paths for what they are", () => {
    assert.deepEqual(
      check("`test/*.test.ts` dist/scripts/check.js ../docs/x.md a/packages/x.ts"),
      [],
    );
  });
});

describe("checkPublicNames()", () => {
  it("points at the declaration that lacks a comment", () => {
    const folder = mkdtempSync(join(tmpdir(), "check-docs-"));
    try {
      writeFileSync(
        join(folder, "entry.ts"),
        '/** Said. */\nexport const a = 1;\nexport { b } from "./b.js";\n',
      );
      writeFileSync(join(folder, "b.ts"), "\nexport function b(): void {}\n");
      const [found, ...others] = checkPublicNames([
        relative(repositoryFile("."), join(folder, "entry.ts")),
      ]);
      assert.match(found?.file ?? "", /b\.ts$/);
      assert.equal(found?.line, 2);
      assert.equal(found?.problem, 'expected a doc comment on "b", got none');
      assert.deepEqual(others, []);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("checkVersion()", () => {
  it("asks for a section of the version", () => {
    assert.deepEqual(checkVersion("1.2.3", "# Changelog\n\n## 1.2.3 (2030-01-01)\n"), []);
    assert.deepEqual(checkVersion("1.2.3", "# Changelog\n\n## 1.2.30\n"), [
      { file: "CHANGELOG.md", problem: 'expected a section "## 1.2.3", got none' },
    ]);
  });
});
