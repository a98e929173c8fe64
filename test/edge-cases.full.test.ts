/**
 * @file Odd, broken and hostile image files through the whole command line with the whole network.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { repositoryFile, sharedFile } from "./helpers/paths.js";

const { path: folder, skip } = sharedFile("edge-cases");

describe("irv2 classify on odd files", { skip }, () => {
  it("gives each a prediction or one sentence, in bounded time and memory, and never crashes", async () => {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
    const program = repositoryFile("packages/node/dist/cli/main.js");
    const args = ["classify", ...files, "--weights", "random", "--json"];
    const child = spawn(process.execPath, [program, ...args], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    let output = "";
    let last = performance.now();
    let slowestMs = 0;
    let peakBytes = 0;
    const code = await new Promise((resolve) => {
      child.stdout.on("data", (chunk: Buffer) => {
        if (output !== "") slowestMs = Math.max(slowestMs, performance.now() - last);
        last = performance.now();
        output += chunk.toString();
        const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
        peakBytes = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
      });
      child.on("close", resolve);
    });
    const results = output
      .trim()
      .split("\n")
      .map(
        (line) =>
          JSON.parse(line) as {
            file: string;
            predictions?: unknown[];
            error?: { message: string };
          },
      );
    assert.deepEqual(
      results.map(({ file }) => file),
      files,
    );
    for (const { file, predictions, error } of results) {
      assert.ok(predictions?.length === 5 || /^[^\n]+[^.\n]$/.test(error?.message ?? ""), file);
    }
    assert.equal(code, 3);
    assert.ok(slowestMs < 5000, `slowest file ${slowestMs} ms`);
    assert.ok(peakBytes < 2 ** 30, `peak memory ${peakBytes / 2 ** 20} MiB`);
  });
});
