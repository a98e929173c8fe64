import assert from "node:assert/strict";
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { withEnvironment } from "@inception-resnet-v2/test/helpers/environment.js";
import { startHub } from "@inception-resnet-v2/test/helpers/file-server.js";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { parseRepository } from "./hub-cache.js";
import { findPulled, pull } from "./pull.js";

interface Golden {
  readonly repository: string;
  readonly commits: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, { text: string; isLarge: boolean; hash: string }>>;
  readonly tree: Readonly<Record<string, { text?: string; link?: string }>>;
}

/** A cache as huggingface_hub left it: scripts/python/make-hub-cache.py. */
const golden: Golden = JSON.parse(
  await readFile(repositoryFile("test/golden/hub-cache.json"), "utf8"),
);
const { repository, commits } = golden;
const folderName = "models--someone--inception_resnet_v2.test";

/** The golden cache on the disk. */
async function goldenCache(): Promise<string> {
  const root = await emptyCache();
  for (const [name, { text, link }] of Object.entries(golden.tree)) {
    const path = join(root, name);
    await mkdir(dirname(path), { recursive: true });
    if (link === undefined) await writeFile(path, text ?? "");
    else await symlink(link, path);
  }
  return root;
}

function emptyCache(): Promise<string> {
  return mkdtemp(join(tmpdir(), "irv2-hub-"));
}

/** All texts and links of a folder. */
async function treeOf(root: string): Promise<Golden["tree"]> {
  const tree: Record<string, { text?: string; link?: string }> = {};
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(root.length + 1);
    if (entry.isSymbolicLink()) tree[name] = { link: await readlink(path) };
    else if (entry.isFile()) tree[name] = { text: await readFile(path, "utf8") };
  }
  return tree;
}

/** A hub with the golden repository. */
function startGoldenHub(leaveOut: readonly string[] = []) {
  const files = Object.entries(golden.files).filter(([name]) => !leaveOut.includes(name));
  return startHub({
    [repository]: {
      commits,
      files: Object.fromEntries(
        files.map(([name, { text, isLarge }]) => [name, { content: Buffer.from(text), isLarge }]),
      ),
    },
  });
}

describe("The hub's cache", () => {
  it("gives what huggingface_hub has put there, by branch, pull request and commit", async () => {
    const root = await goldenCache();
    await withEnvironment({ HF_HUB_CACHE: root }, async () => {
      for (const [revision, commit] of Object.entries(commits)) {
        const expected = join(root, folderName, "snapshots", commit, "model.safetensors");
        for (const wanted of [revision, commit]) {
          const found = await findPulled(`${repository}@${wanted}`);
          assert.equal(found, expected);
          assert.equal(await readFile(found, "utf8"), golden.files["model.safetensors"]?.text);
        }
      }
      assert.ok(await findPulled(repository));
      assert.equal(await findPulled(`${repository}@other`), undefined);
      assert.equal(await findPulled("someone/else"), undefined);
    });
  });

  it("gives a pickle where there is nothing better, and nothing for a link without its bytes", async () => {
    const root = await goldenCache();
    const commit = commits["main"] ?? "";
    const snapshot = join(root, folderName, "snapshots", commit);
    await withEnvironment({ HF_HUB_CACHE: root }, async () => {
      await symlink("../../blobs/bytes", join(snapshot, "pytorch_model.bin"));
      await rm(join(snapshot, "model.safetensors"));
      assert.equal(await findPulled(repository), undefined);
      await writeFile(join(root, folderName, "blobs", "bytes"), "");
      assert.equal(await findPulled(repository), join(snapshot, "pytorch_model.bin"));
    });
  });

  it("is filled by pull() exactly as huggingface_hub fills it", async () => {
    await using hub = await startGoldenHub();
    const root = await emptyCache();
    await withEnvironment({ HF_HUB_CACHE: root, HF_ENDPOINT: hub.url }, async () => {
      for (const revision of Object.keys(commits)) {
        const path = await pull(`${repository}@${revision}`);
        assert.equal(path, await findPulled(`${repository}@${revision}`));
      }
    });
    const isOurs = (name: string) => !/config\.json|b6ea8916/.test(name); // we take the weights alone
    const expected = Object.entries(golden.tree).filter(([name]) => isOurs(name));
    assert.deepEqual(await treeOf(root), Object.fromEntries(expected));
    // The second revision has the same bytes.
    assert.equal(hub.content.seen.length, 1);
  });

  it("takes a pull without bytes where huggingface_hub has been", async () => {
    await using hub = await startGoldenHub();
    const root = await goldenCache();
    await withEnvironment({ HF_HUB_CACHE: root, HF_ENDPOINT: hub.url }, () => pull(repository));
    assert.deepEqual(await treeOf(root), golden.tree);
    assert.deepEqual(hub.content.seen, []);
  });

  it("has a link without its bytes mended", async () => {
    await using hub = await startGoldenHub();
    const root = await goldenCache();
    const weights = golden.files["model.safetensors"];
    await rm(join(root, folderName, "blobs", weights?.hash ?? ""));
    await withEnvironment({ HF_HUB_CACHE: root, HF_ENDPOINT: hub.url }, () => pull(repository));
    assert.deepEqual(await treeOf(root), golden.tree);
  });
});

describe("parseRepository()", () => {
  it("reads owner, name and revision", () => {
    assert.deepEqual(parseRepository("a/b"), { id: "a/b", revision: "main" });
    assert.deepEqual(parseRepository("a/b.c@refs/pr/1"), { id: "a/b.c", revision: "refs/pr/1" });
  });

  it("takes nothing that is no repository, or would lead out of the cache", () => {
    for (const text of [
      ...["", "a", "/a", "a/", "a/b/c", "a/b@", "a/b@/c", "a/b@c/", "a/b@c@d", "a b/c", "a\\b/c"],
      ...["../b", "a/..", "./b", "a/b@..", "a/b@../../x", "a/b@x/..", "a/.b", "a/b--c", "a/b..c"],
      ...["https://a/b", "~/b", "a/ü", `a/${"b".repeat(100)}`],
    ]) {
      assert.equal(parseRepository(text), undefined, text);
    }
  });
});
