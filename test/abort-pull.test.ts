/**
 * @file Downloads that are given up on the way: what has come is kept as a part, as `PullOptions` says, the
 * connection is closed, and the next pull goes on from there.
 */
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { InceptionResNetV2, type PullProgress, pull } from "inception-resnet-v2";
import { leavingNoThread, patience } from "./helpers/abort.js";
import { withEnvironment } from "./helpers/environment.js";
import { type Hub, startHub } from "./helpers/file-server.js";

const content = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * at) % 251));
const each20Ms = 10_000;

describe("a download given up", () => {
  let hub: Hub;
  let folder: string;

  before(async () => {
    hub = await startHub({
      "some/model": {
        commits: { main: "c".repeat(40) },
        files: { "model.safetensors": { content, isLarge: true } },
      },
    });
  });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "irv2-"));
    hub.content.faults.length = 0;
    hub.content.seen.length = 0;
  });

  after(async () => {
    await hub[Symbol.asyncDispose]();
  });

  const here = <T>(run: () => Promise<T>) =>
    withEnvironment({ HF_ENDPOINT: hub.url, HF_HUB_CACHE: folder, HF_TOKEN: "" }, run);

  /** Names and sizes of the files in the cache. */
  async function files(): Promise<[name: string, bytes: number][]> {
    const names = await readdir(folder, { recursive: true });
    const sized = names.map(async (name): Promise<[string, number, boolean]> => {
      const stats = await stat(join(folder, name));
      return [name, stats.size, stats.isFile()];
    });
    return (await Promise.all(sized)).flatMap(([name, bytes, isFile]) =>
      isFile ? [[name, bytes]] : [],
    );
  }

  /** Gives a call up when half of the file has come; how long it took to reject, and what had come. */
  async function giveUpHalfway(
    call: (options: {
      signal: AbortSignal;
      onProgress: (progress: PullProgress) => void;
    }) => Promise<unknown>,
  ): Promise<number> {
    hub.content.faults.push({ bytesEach20Ms: each20Ms });
    const controller = new AbortController();
    const reason = new Error("changed my mind");
    let [aborted, come] = [Number.NaN, 0];
    const onProgress = ({ bytes }: PullProgress) => {
      if (bytes < content.length / 2 || controller.signal.aborted) return;
      [aborted, come] = [performance.now(), bytes];
      controller.abort(reason);
    };
    const given = here(() => call({ signal: controller.signal, onProgress }));
    await assert.rejects(given, (error) => error === reason);
    const late = performance.now() - aborted;
    assert.ok(late < patience, `expected an end, got one after ${late} ms`);
    return come;
  }

  it("keeps its part alone, and the next pull goes on with it", async () => {
    const come = await giveUpHalfway((options) => pull("some/model", options));
    const left = (await files()).filter(([name]) => !name.endsWith(".etag"));
    assert.equal(left.length, 1, JSON.stringify(left));
    const [[name, bytes] = ["", 0]] = left;
    assert.match(name, /\.incomplete$/);
    assert.ok(bytes >= come && bytes < content.length, `${bytes} of ${come}`);

    const path = await here(() => pull("some/model"));
    assert.deepEqual(await readFile(path), content);
    assert.equal(hub.content.seen.at(-1)?.range, `bytes=${bytes}-`);
    assert.deepEqual(
      (await files()).filter(([one]) => /\.(incomplete|etag)$/.test(one)),
      [],
    );
    await rm(folder, { recursive: true });
  });

  it("closes its connection, so that nothing more comes", async () => {
    await giveUpHalfway((options) => pull("some/model", options));
    const end = performance.now() + patience;
    while ((await hub.content.connections()) > 0) {
      assert.ok(performance.now() < end, "expected no open connection");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await rm(folder, { recursive: true });
  });

  it("ends load, which had asked for it, and leaves no thread", async () => {
    await leavingNoThread(() =>
      giveUpHalfway((options) => InceptionResNetV2.load("hf:some/model", options)),
    );
    await rm(folder, { recursive: true });
  });

  it("of a server that says nothing ends at once, and leaves no empty part", async () => {
    hub.content.faults.push({ hangAfter: 0 });
    const controller = new AbortController();
    const reason = new Error("changed my mind");
    const given = here(() => pull("some/model", { signal: controller.signal }));
    setTimeout(() => controller.abort(reason), 300);
    await assert.rejects(given, (error) => error === reason);
    assert.deepEqual(
      (await files()).filter(([name]) => name.includes("incomplete")),
      [],
    );
    await rm(folder, { recursive: true });
  });
});
