import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { openEvents } from "./tensorboard.js";

interface Golden {
  readonly wallTime: number;
  readonly purgeStep: number;
  readonly steps: readonly {
    readonly step: number;
    readonly wallTime: number;
    readonly values: Readonly<Record<string, number>>;
  }[];
  readonly hex: string;
}

const golden = JSON.parse(
  readFileSync(repositoryFile("test/golden/events.json"), "utf8"),
) as Golden;

describe("openEvents()", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "irv2-events-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("writes the bytes that TensorBoard's own writer does", async () => {
    const { wallTime, purgeStep } = golden;
    const events = await openEvents(join(folder, "new", "golden"), { wallTime, purgeStep });
    for (const { step, values, wallTime } of golden.steps) {
      await events.scalars(step, values, wallTime);
    }
    await events.close();
    assert.equal((await readFile(events.path)).toString("hex"), golden.hex);
    assert.equal(
      basename(events.path),
      `events.out.tfevents.1472169600.${hostname()}.${process.pid}`,
    );
  });

  it("has each record in the file before it resolves", async () => {
    const events = await openEvents(join(folder, "flushed"));
    const sizes = [(await stat(events.path)).size];
    for (const step of [1, 2]) {
      await events.scalars(step, { loss: step });
      sizes.push((await stat(events.path)).size);
    }
    await events.close();
    const [empty = 0, first = 0, second = 0] = sizes;
    assert.ok(empty > 0 && first > empty);
    assert.equal(second - first, first - empty);
  });

  it("keeps the order of records that are not waited for", async () => {
    const write = async (name: string, isWaiting: boolean) => {
      const events = await openEvents(join(folder, name), { wallTime: 7 });
      for (let step = 1; step <= 50; step++) {
        const written = events.scalars(step, { loss: step }, step);
        if (isWaiting) await written;
      }
      await events.close();
      return readFile(events.path);
    };
    assert.deepEqual(await write("hurried", false), await write("patient", true));
  });

  it("goes on in the same file when the second is the same", async () => {
    const sizes: number[] = [];
    for (let time = 0; time < 2; time++) {
      const events = await openEvents(join(folder, "twice"), { wallTime: 7 });
      await events.close();
      sizes.push((await stat(events.path)).size);
    }
    assert.equal((await readdir(join(folder, "twice"))).length, 1);
    assert.equal(sizes[1], 2 * (sizes[0] ?? 0));
  });
});
