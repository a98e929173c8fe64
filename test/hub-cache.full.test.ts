/**
 * @file One cache of the hub, filled by Python and by us in turn.
 *
 * Needs a Python with huggingface_hub in IRV2_PYTHON.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { promisify } from "node:util";
import { findPulled, pull } from "inception-resnet-v2/internal/weights/pull.js";
import { cleanEnvironment, withEnvironment } from "./helpers/environment.js";
import { type Hub, startHub } from "./helpers/file-server.js";
import { repositoryFile } from "./helpers/paths.js";

const python = process.env["IRV2_PYTHON"];
const skip = python ? false : "IRV2_PYTHON is not set";
const name = "someone/inception_resnet_v2.test";
const content = Buffer.alloc(3_000_000, "weights of a test ");
const commits = { main: "a".repeat(40), "refs/pr/1": "b".repeat(40) };

describe("The hub's cache, shared with huggingface_hub", { skip }, () => {
  let hub: Hub;
  let variables: Record<string, string>;

  before(async () => {
    const files = { "model.safetensors": { content, isLarge: true } };
    hub = await startHub({ [name]: { commits, files } }, "localhost");
  });

  after(() => hub?.[Symbol.asyncDispose]());

  beforeEach(async () => {
    const home = await mkdtemp(join(tmpdir(), "irv2-hub-home-"));
    variables = { HF_HOME: home, HF_ENDPOINT: hub.url, HF_HUB_DISABLE_XET: "1" };
    hub.content.seen.length = 0;
  });

  async function inPython(revision: string, ...options: string[]) {
    const script = repositoryFile("scripts/python/use_hub_cache.py");
    // Python takes an empty variable for a folder of that name: these must be absent.
    const given = Object.entries({ ...process.env, ...cleanEnvironment(variables) });
    const env = Object.fromEntries(given.filter(([, value]) => value !== ""));
    const args = [script, name, revision, ...options];
    const { stdout } = await promisify(execFile)(python ?? "", args, { env });
    return JSON.parse(stdout) as {
      path: string;
      warnings: string[];
      refs: Record<string, string>;
    };
  }

  for (const revision of Object.keys(commits)) {
    it(`is found by us after Python has filled it: ${revision}`, async () => {
      const { path } = await inPython(revision);
      await withEnvironment(variables, async () => {
        assert.equal(await findPulled(`${name}@${revision}`), path);
        assert.equal(await pull(`${name}@${revision}`), path);
      });
      assert.equal(hub.content.seen.filter(({ status }) => status === 200).length, 1);
    });

    it(`is found by Python after we have filled it: ${revision}`, async () => {
      const path = await withEnvironment(variables, () => pull(`${name}@${revision}`));
      assert.ok((await readFile(path)).equals(content));
      const found = await inPython(revision, "--offline");
      assert.equal(found.path, path);
      assert.deepEqual(found.warnings, []);
      assert.deepEqual(Object.keys(found.refs), [revision]);
      // With the hub in reach, it sees no reason to download again either.
      assert.equal((await inPython(revision)).path, path);
      assert.equal(hub.content.seen.length, 1);
    });
  }

  it("is not damaged for Python by a download that was stopped", async () => {
    const controller = new AbortController();
    hub.content.faults.push({ hangAfter: 1_000_000 });
    const onProgress = ({ bytes }: { bytes: number }) => bytes === 1_000_000 && controller.abort();
    const stopped = withEnvironment(variables, () =>
      pull(name, { signal: controller.signal, onProgress }),
    );
    await assert.rejects(stopped, { name: "AbortError" });
    await assert.rejects(inPython("main", "--offline"), /LocalEntryNotFoundError/);
    const { path, warnings } = await inPython("main");
    assert.ok((await readFile(path)).equals(content));
    assert.deepEqual(warnings, []);
  });
});
