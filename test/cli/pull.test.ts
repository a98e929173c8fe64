import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { cleanEnvironment } from "../helpers/environment.js";
import { type Hub, startHub } from "../helpers/file-server.js";
import { jsonLines, runIrv2, startIrv2 } from "../helpers/run-irv2.js";

const content = Buffer.alloc(2_000_000, "weights of a test ");
const commit = "c".repeat(40);

describe("irv2 pull", () => {
  let hub: Hub;
  let cache: string;
  let env: Record<string, string>;
  let expected: string;

  before(async () => {
    const files = { "model.safetensors": { content, isLarge: true } };
    hub = await startHub({
      "timm/inception_resnet_v2.tf_in1k": { commits: { main: commit }, files },
      "a/none": { commits: { main: commit }, files: {} },
    });
  });

  after(() => hub[Symbol.asyncDispose]());

  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), "irv2-pull-cli-"));
    env = cleanEnvironment({ HF_HOME: cache, HF_ENDPOINT: hub.url, KERAS_HOME: cache });
    const repository = "models--timm--inception_resnet_v2.tf_in1k";
    expected = join(cache, "hub", repository, "snapshots", commit, "model.safetensors");
    hub.content.faults.length = 0;
    hub.content.seen.length = 0;
  });

  /** Names of the files in the cache that have bytes. */
  const blobs = () => readdir(join(expected, "../../../blobs")).catch(() => []);

  async function assertDone(): Promise<void> {
    assert.ok((await readFile(expected)).equals(content));
    assert.equal((await blobs()).length, 1);
  }

  /** Starts a pull that comes slowly, and waits until some of it is here. */
  async function startSlowly(bytesEach20Ms = 20_000) {
    hub.content.faults.push({ bytesEach20Ms });
    const started = startIrv2(["pull", "imagenet"], { env });
    while (!(await blobs()).some((name) => name.endsWith(".etag"))) await pause(20);
    await pause(200);
    return started;
  }

  it("prints the path of the file, and again without the network", async () => {
    const first = await runIrv2(["pull", "imagenet"], { env });
    assert.deepEqual([first.code, first.stdout, first.stderr], [0, `${expected}\n`, ""]);
    await assertDone();
    const again = await runIrv2(["pull", "imagenet", "--json"], {
      env: { ...env, HF_HUB_OFFLINE: "1" },
    });
    assert.equal(again.code, 0, again.stderr);
    assert.deepEqual(jsonLines(again.stdout), [{ name: "imagenet", path: expected }]);
  });

  it("lists the names and what it heeds", async () => {
    const { code, stdout } = await runIrv2(["pull", "--help"]);
    assert.equal(code, 0);
    for (const name of ["imagenet", "ens-adv", "keras", "keras-notop", "slim"]) {
      assert.match(stdout, new RegExp(`^  ${name} `, "m"));
    }
    for (const name of ["HF_TOKEN", "HF_ENDPOINT", "HTTPS_PROXY", "IRV2_MIRROR", "Examples:"]) {
      assert.ok(stdout.includes(name), name);
    }
  });

  it("ends with its exit code and one sentence where it cannot", async () => {
    for (const [name, code, sentence, more] of [
      ["imagenet", 5, "expected an answer from http://", { HF_ENDPOINT: "http://nowhere.invalid" }],
      ["keras", 5, "expected an answer from http://", { IRV2_MIRROR: "http://nowhere.invalid" }],
      ["slim", 4, "expected a file at http://", { IRV2_MIRROR: hub.content.url }],
      ["a/other", 5, "expected permission to read http://", {}],
      ["a/none", 4, "expected model.safetensors or pytorch_model.bin", {}],
      ["nothing", 2, "expected imagenet, ens-adv, keras, keras-notop, slim, inception-v4, or", {}],
    ] as const) {
      const result = await runIrv2(["pull", name], { env: { ...env, ...more } });
      assert.equal(result.code, code, result.stderr);
      assert.equal(result.stdout, "");
      const lines = result.stderr.trimEnd().split("\n");
      assert.equal(lines.length, 1, result.stderr);
      assert.ok(lines[0]?.startsWith(`irv2: Cannot pull weights "${name}": ${sentence}`), lines[0]);
    }
    assert.equal((await runIrv2(["pull"], { env })).code, 2);
  });

  it("stops on Ctrl-C, says so, and goes on where it was", async () => {
    const { child, done } = await startSlowly();
    child.kill("SIGINT");
    const { code, stdout, stderr } = await done;
    assert.deepEqual([code, stdout], [130, ""]);
    assert.match(stderr, /^\nStopped after 0\.\d MiB; irv2 pull imagenet resumes\.\n$/);
    const again = await runIrv2(["pull", "imagenet"], { env });
    assert.equal(again.code, 0, again.stderr);
    const [, second] = hub.content.seen;
    assert.match(second?.range ?? "", /^bytes=\d{5,}-$/);
    assert.equal(second?.status, 206);
    await assertDone();
  });

  it("goes on after a process that was killed", async () => {
    const { child, done } = await startSlowly();
    child.kill("SIGKILL");
    assert.equal((await done).signal, "SIGKILL");
    assert.equal((await runIrv2(["pull", "imagenet"], { env })).code, 0);
    assert.equal(hub.content.seen[1]?.status, 206);
    await assertDone();
  });

  it("fetches once for two processes, when one comes while the other is at it", async () => {
    const first = await startSlowly(40_000);
    const second = await runIrv2(["pull", "imagenet"], { env });
    assert.equal(second.stdout, `${expected}\n`);
    assert.equal((await first.done).stdout, `${expected}\n`);
    assert.equal(hub.content.seen.length, 1);
    await assertDone();
  });

  it("leaves one whole file when processes start together", async () => {
    const results = await Promise.all([1, 2, 3].map(() => runIrv2(["pull", "imagenet"], { env })));
    for (const { code, stdout } of results) assert.deepEqual([code, stdout], [0, `${expected}\n`]);
    await assertDone();
  });

  it("leaves nothing on a disk that is full", async () => {
    const { code, stderr } = await runIrv2(["pull", "imagenet"], { env, limit: 500 });
    assert.equal(code, 5);
    assert.equal(
      stderr,
      'irv2: Cannot pull weights "imagenet": expected space on the disk, got EFBIG; HF_HUB_CACHE names another folder\n',
    );
    assert.deepEqual(await blobs(), []);
    assert.equal((await runIrv2(["pull", "imagenet"], { env })).code, 0);
    await assertDone();
  });
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
