import assert from "node:assert/strict";
import { mkdtemp, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { withEnvironment } from "@inception-resnet-v2/test/helpers/environment.js";
import {
  hubCacheFolder,
  hubEndpoint,
  hubOfflineVariable,
  hubToken,
  kerasModelsFolder,
  mirrored,
  readTimeoutMs,
} from "./environment.js";

/** What a function says with these variables. */
function said<T>(variables: Readonly<Record<string, string>>, ask: () => T): Promise<T> {
  return withEnvironment(variables, async () => ask());
}

describe("The environment", () => {
  it("says where the hub's cache is, as huggingface_hub reads it", async () => {
    const home = homedir();
    for (const [variables, folder] of [
      [{}, `${home}/.cache/huggingface/hub`],
      [{ XDG_CACHE_HOME: "/x" }, "/x/huggingface/hub"],
      [{ XDG_CACHE_HOME: "/x", HF_HOME: "/h" }, "/h/hub"],
      [{ HF_HOME: "~/h" }, `${home}/h/hub`],
      [{ HF_HOME: "/h", HUGGINGFACE_HUB_CACHE: "/old" }, "/old"],
      [{ HUGGINGFACE_HUB_CACHE: "/old", HF_HUB_CACHE: "/new" }, "/new"],
      [{ HF_HUB_CACHE: `$ROOT/a/\${ROOT}/$NONE`, ROOT: "r" }, "r/a/r/$NONE"],
      [{ HF_HUB_CACHE: "" }, `${home}/.cache/huggingface/hub`],
    ] as const) {
      assert.equal(await said(variables, hubCacheFolder), folder);
    }
  });

  it("says where Keras's models are", async () => {
    assert.equal(await said({}, kerasModelsFolder), `${homedir()}/.keras/models`);
    assert.equal(await said({ KERAS_HOME: "/k" }, kerasModelsFolder), "/k/models");
  });

  it("says which token to send", async () => {
    const home = await mkdtemp(join(tmpdir(), "irv2-home-"));
    assert.equal(await said({ HF_HOME: home }, hubToken), undefined);
    await writeFile(join(home, "token"), "hf_stored\n");
    assert.equal(await said({ HF_HOME: home }, hubToken), "hf_stored");
    const stored = { HF_TOKEN_PATH: join(home, "token") };
    assert.equal(await said(stored, hubToken), "hf_stored");
    const older = { ...stored, HUGGING_FACE_HUB_TOKEN: "hf_older" };
    assert.equal(await said(older, hubToken), "hf_older");
    assert.equal(await said({ ...older, HF_TOKEN: " hf_given " }, hubToken), "hf_given");
    assert.equal(await said({ ...older, HF_HUB_DISABLE_IMPLICIT_TOKEN: "1" }, hubToken), undefined);
  });

  it("says whom to ask, and whether to", async () => {
    assert.equal(await said({}, hubEndpoint), "https://huggingface.co");
    assert.equal(await said({ HF_ENDPOINT: "http://a/b/" }, hubEndpoint), "http://a/b");
    assert.equal(await said({}, hubOfflineVariable), undefined);
    assert.equal(await said({ HF_HUB_OFFLINE: "0" }, hubOfflineVariable), undefined);
    assert.equal(await said({ HF_HUB_OFFLINE: "1" }, hubOfflineVariable), "HF_HUB_OFFLINE");
    const transformers = { TRANSFORMERS_OFFLINE: "yes" };
    assert.equal(await said(transformers, hubOfflineVariable), "TRANSFORMERS_OFFLINE");
    const url = "https://site.example/a/b.h5";
    assert.equal(await said({}, () => mirrored(url)), url);
    const mirror = { IRV2_MIRROR: "http://here:80/m/" };
    assert.equal(await said(mirror, () => mirrored(url)), "http://here:80/m/a/b.h5");
  });

  it("says how long to wait", async () => {
    for (const [seconds, ms] of [
      ["", 30_000],
      ["5", 5000],
      ["600", 60_000],
      ["-1", 30_000],
      ["soon", 30_000],
    ] as const) {
      assert.equal(await said({ HF_HUB_DOWNLOAD_TIMEOUT: seconds }, readTimeoutMs), ms);
    }
  });
});
