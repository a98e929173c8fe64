import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type Part, releasePart, takePart } from "./part-file.js";

const host = hostname().replace(/\W/g, "_").slice(0, 32);
/** The id of a process that has ended. */
const deadPid = spawnSync(process.execPath, ["--version"]).pid;

async function target(): Promise<string> {
  return join(await mkdtemp(join(tmpdir(), "irv2-part-")), "file");
}

/** Takes a part, or gives up after a moment of waiting; `waited` are the sizes that it was told. */
async function take(path: string): Promise<{ part: Part | undefined; waited: number[] }> {
  const waited: number[] = [];
  const options = {
    isWhole: async () => false,
    onWait: (bytes: number) => waited.push(bytes),
    signal: AbortSignal.timeout(100),
  };
  return { part: await takePart(path, options).catch(() => undefined), waited };
}

describe("takePart()", () => {
  it("begins a part where there is none", async () => {
    const path = await target();
    const { part } = await take(path);
    assert.ok(part?.path.startsWith(`${path}.irv2-${host}-${process.pid}-`));
    assert.equal(part?.bytes, 0);
  });

  it("waits while another process writes, here or on another machine", async () => {
    for (const owner of [`${host}-${process.pid}`, `elsewhere-${deadPid}`]) {
      const path = await target();
      await writeFile(`${path}.irv2-${owner}-0.incomplete`, "abc");
      const { part, waited } = await take(path);
      assert.deepEqual([part, waited], [undefined, [3]]);
    }
  });

  it("takes over at once from a process that was killed", async () => {
    const path = await target();
    await writeFile(`${path}.irv2-${host}-${deadPid}-0.incomplete`, "abc");
    await writeFile(`${path}.irv2-${host}-${deadPid}-0.incomplete.etag`, '"x"');
    const { part } = await take(path);
    assert.deepEqual([part?.bytes, part?.etag], [3, '"x"']);
    assert.equal(await readFile(part?.path ?? "", "utf8"), "abc");
  });

  it("takes over what has been silent for long, even where its process seems to live", async () => {
    const path = await target();
    const name = `${path}.irv2-elsewhere-${process.pid}-0.incomplete`;
    await writeFile(name, "abc");
    const minutesAgo = new Date(Date.now() - 4 * 60_000);
    await utimes(name, minutesAgo, minutesAgo);
    assert.equal((await take(path)).part?.bytes, 3);
  });

  it("takes the largest, and gives each part to one taker", async () => {
    const path = await target();
    for (const size of [2, 5, 3]) {
      await writeFile(`${path}.irv2-${host}-${deadPid}-${size}.incomplete`, "x".repeat(size));
    }
    const takers = await Promise.all(Array.from({ length: 8 }, () => take(path)));
    const taken = takers.flatMap(({ part }) => part ?? []);
    assert.equal(new Set(taken.map((part) => part.path)).size, taken.length);
    assert.equal(Math.max(...taken.map(({ bytes }) => bytes)), 5);
  });

  it("leaves other programs' files alone", async () => {
    const path = await target();
    for (const name of [".incomplete", ".a1b2c3d4.incomplete", ".irv2-odd"]) {
      await writeFile(path + name, "abc");
    }
    assert.equal((await take(path)).part?.bytes, 0);
    assert.equal((await readdir(join(path, ".."))).length, 4);
  });

  it("gives back what was released, and nothing for an empty part", async () => {
    const path = await target();
    const { part: empty } = await take(path);
    await releasePart(empty?.path ?? "");
    assert.deepEqual(await readdir(join(path, "..")), []);
    const { part } = await take(path);
    await writeFile(part?.path ?? "", "abc");
    await releasePart(part?.path ?? "");
    assert.equal((await take(path)).part?.bytes, 3);
  });

  it("clears parts away once the target is there", async () => {
    const path = await target();
    await writeFile(`${path}.irv2-${host}-${deadPid}-0.incomplete`, "abc");
    const onWait = () => assert.fail("nothing to wait for");
    assert.equal(await takePart(path, { isWhole: async () => true, onWait }), undefined);
    assert.deepEqual(await readdir(join(path, "..")), []);
  });
});
