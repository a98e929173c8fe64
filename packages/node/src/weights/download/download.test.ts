import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmod, mkdtemp, readdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { asNobody, withEnvironment } from "@inception-resnet-v2/test/helpers/environment.js";
import { type FileServer, startFileServer } from "@inception-resnet-v2/test/helpers/file-server.js";
import { type DownloadContext, download, type RemoteFile } from "./download.js";
import { openHttp } from "./http.js";

/** 300,000 bytes without a period that a wrong offset could hide behind. */
const content = Buffer.from(
  Uint32Array.from({ length: 75_000 }, (_, at) => Math.imul(at + 1, 2654435761)).buffer,
);
const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");

interface Setting {
  readonly server: FileServer;
  readonly folder: string;
  readonly file: RemoteFile;
  /** Progress as it was told. */
  readonly told: number[];
  readonly fetch: (options?: {
    signal?: AbortSignal;
    onProgress?: (bytes: number) => void;
  }) => Promise<void>;
  /** Names of what lies in the folder. */
  readonly names: () => Promise<string[]>;
}

/** Runs a test with a server of one file, and a folder. */
async function setting(
  body: (setting: Setting) => Promise<void>,
  change: Partial<RemoteFile> = {},
  variables: Readonly<Record<string, string>> = {},
): Promise<void> {
  await using server = await startFileServer({ "/file": content });
  const folder = await mkdtemp(join(tmpdir(), "irv2-download-"));
  const path = join(folder, "file");
  const file: RemoteFile = {
    url: `${server.url}/file`,
    path,
    checksum: { algorithm: "md5", value: md5(content) },
    isWhole: () => stat(path).then(Boolean, () => false),
    ...change,
  };
  const told: number[] = [];
  const fetch: Setting["fetch"] = async ({ signal, onProgress } = {}) => {
    await using http = await openHttp(signal);
    const context: DownloadContext = {
      name: "thing",
      http,
      signal,
      onProgress: (bytes) => {
        told.push(bytes);
        onProgress?.(bytes);
      },
    };
    await download(file, context);
  };
  const names = () => readdir(folder);
  await withEnvironment(variables, () => body({ server, folder, file, told, fetch, names }));
}

/** Asserts that the file is there, whole and alone. */
async function assertDone({ file, names }: Setting): Promise<void> {
  assert.ok((await readFile(file.path)).equals(content));
  assert.deepEqual(await names(), ["file"]);
}

/** Stops a download after its first bytes; what is there then is a part. */
async function stopEarly({ server, fetch }: Setting, hangAfter = 100_000): Promise<void> {
  const controller = new AbortController();
  server.faults.push({ hangAfter });
  const onProgress = (bytes: number) => bytes === hangAfter && controller.abort();
  await assert.rejects(fetch({ signal: controller.signal, onProgress }), { name: "AbortError" });
}

describe("download()", () => {
  it("fetches a file and tells how far it is", () =>
    setting(async (all) => {
      await all.fetch();
      await assertDone(all);
      assert.equal(all.told.at(0), 0);
      assert.equal(all.told.at(-1), content.length);
      assert.deepEqual(
        all.told,
        [...all.told].sort((a, b) => a - b),
      );
    }));

  it("fetches a file of which nobody says how long it is", () =>
    setting(async (all) => {
      all.server.faults.push("no length");
      await all.fetch();
      await assertDone(all);
    }));

  it("goes on where connections were cut, with the ETag of the first answer", () =>
    setting(async (all) => {
      all.server.faults.push({ cutAfter: 100_000 }, { cutAfter: 50_000 });
      await all.fetch();
      await assertDone(all);
      const etag = `"${md5(content)}"`;
      assert.deepEqual(
        all.server.seen.map(({ range, ifRange, status }) => [range, ifRange, status]),
        [
          [undefined, undefined, 200],
          ["bytes=100000-", etag, 206],
          ["bytes=150000-", etag, 206],
        ],
      );
    }));

  it("starts again where the server knows no ranges", () =>
    setting(async (all) => {
      all.server.faults.push({ cutAfter: 100_000 }, "no ranges");
      await all.fetch();
      await assertDone(all);
      assert.deepEqual(
        all.server.seen.map(({ status }) => status),
        [200, 200],
      );
    }));

  it("starts again where the file has changed meanwhile", () =>
    setting(async (all) => {
      const old = Buffer.alloc(300_000, 7);
      all.server.files.set("/file", old);
      await stopEarly(all);
      all.server.files.set("/file", content);
      await all.fetch();
      await assertDone(all);
      const last = all.server.seen.at(-1);
      assert.deepEqual([last?.ifRange, last?.status], [`"${md5(old)}"`, 200]);
    }));

  it("waits out a server that is busy; gives up one that stays so, and goes on later", () =>
    setting(async (all) => {
      all.server.faults.push({ status: 503 }, { status: 429 }, { cutAfter: 100_000 });
      all.server.faults.push(...Array.from({ length: 5 }, () => ({ status: 500 })));
      await assert.rejects(all.fetch(), {
        code: "WEIGHTS_UNREACHABLE",
        name: "ResourceError",
        message: `Cannot pull weights "thing": expected an answer from ${all.server.url}, got status 500`,
      });
      assert.equal(all.server.seen.length, 8);
      await all.fetch();
      await assertDone(all);
      assert.equal(all.server.seen.at(-1)?.range, "bytes=100000-");
    }));

  it("asks again when a server has gone silent", () =>
    setting(
      async (all) => {
        all.server.faults.push({ hangAfter: 120_000 });
        await all.fetch();
        await assertDone(all);
        assert.equal(all.server.seen.at(-1)?.range, "bytes=120000-");
      },
      {},
      { HF_HUB_DOWNLOAD_TIMEOUT: "0.2" },
    ));

  it("keeps no file with a wrong hash", () =>
    setting(async ({ server, fetch, names }) => {
      const wrong = Buffer.from("<html>log in to this network</html>");
      server.faults.push({ instead: wrong });
      await assert.rejects(fetch(), {
        code: "WEIGHTS_CHECKSUM",
        name: "ModelError",
        message: `Cannot pull weights "thing": expected a file with MD5 ${md5(content)}, got ${md5(wrong)}; it was discarded`,
      });
      assert.equal(server.seen.length, 1);
      assert.deepEqual(await names(), []);
    }));

  it("fetches from the start when a part that it went on with was wrong", () =>
    setting(async (all) => {
      await stopEarly(all);
      const [part = ""] = (await all.names()).filter((name) => name.endsWith(".incomplete"));
      await writeFile(join(all.folder, part), Buffer.alloc(100_000, 1));
      await utimes(join(all.folder, part), 0, 0);
      await all.fetch();
      await assertDone(all);
      const ranges = all.server.seen.map(({ range }) => range);
      assert.deepEqual(ranges, [undefined, "bytes=100000-", undefined]);
    }));

  for (const [what, bytes] of [
    ["all there is", 300_000],
    ["more than there is", 300_001],
  ] as const) {
    it(`copes with a part of ${what}`, () =>
      setting(async (all) => {
        const name = `file.irv2-${hostname().replace(/\W/g, "_")}-1-0.incomplete`;
        const part = Buffer.concat([content, Buffer.alloc(1)]).subarray(0, bytes);
        await writeFile(join(all.folder, name), part);
        await utimes(join(all.folder, name), 0, 0);
        await all.fetch();
        await assertDone(all);
      }));
  }

  it("asks nothing for a part that is known to be all", () =>
    setting(
      async (all) => {
        await stopEarly(all, content.length - 1);
        const [name = ""] = (await all.names()).filter((one) => one.endsWith(".incomplete"));
        await writeFile(join(all.folder, name), content);
        await utimes(join(all.folder, name), 0, 0);
        await all.fetch();
        await assertDone(all);
        assert.equal(all.server.seen.length, 1);
      },
      { bytes: content.length },
    ));

  it("leaves a part when it is stopped, and goes on with it", () =>
    setting(async (all) => {
      await stopEarly(all);
      const [part, etag] = await all.names();
      assert.match(part ?? "", /^file\.irv2-\w+-\d+-\w{8}\.incomplete$/);
      assert.equal(etag, `${part}.etag`);
      await all.fetch();
      await assertDone(all);
      assert.equal(all.server.seen.at(-1)?.range, "bytes=100000-");
    }));

  it("tells a missing file, one that wants a token, and an odd answer", async () => {
    for (const [status, code, name, sentence] of [
      [404, "WEIGHTS_MISSING", "ModelError", "expected a file at URL/file, got status 404"],
      [
        403,
        "WEIGHTS_FORBIDDEN",
        "ResourceError",
        'expected permission to read URL, got status 403; the repository does not exist, or requires an access token, in HF_TOKEN or from "hf auth login"',
      ],
      [418, "WEIGHTS_UNREACHABLE", "ResourceError", "expected an answer from URL, got status 418"],
    ] as const) {
      await setting(async ({ server, fetch, names }) => {
        server.faults.push({ status });
        const message = `Cannot pull weights "thing": ${sentence.replace("URL", server.url)}`;
        await assert.rejects(fetch(), { code, name, message });
        assert.deepEqual(await names(), []);
      });
    }
  });

  it("tells at once when there is no server", () =>
    setting(async ({ server, fetch }) => {
      await server[Symbol.asyncDispose]();
      const started = performance.now();
      await assert.rejects(fetch(), {
        code: "WEIGHTS_UNREACHABLE",
        name: "ResourceError",
        message: `Cannot pull weights "thing": expected an answer from ${server.url}, got none (ECONNREFUSED)`,
      });
      assert.ok(performance.now() - started < 2000);
    }));

  it("waits for another that fetches the same, and fetches it once", () =>
    setting(async (all) => {
      all.server.faults.push({ bytesEach20Ms: 30_000 });
      const first = all.fetch();
      while (all.told.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      await Promise.all([first, all.fetch()]);
      await assertDone(all);
      assert.equal(all.server.seen.length, 1);
    }));

  it("takes over from another that is stopped while it waits", () =>
    setting(async (all) => {
      const controller = new AbortController();
      all.server.faults.push({ hangAfter: 100_000 });
      const first = all.fetch({ signal: controller.signal });
      while (all.told.at(-1) !== 100_000) await new Promise((resolve) => setTimeout(resolve, 5));
      const second = all.fetch();
      controller.abort();
      await assert.rejects(first, { name: "AbortError" });
      await second;
      await assertDone(all);
      assert.equal(all.server.seen.at(-1)?.range, "bytes=100000-");
    }));

  it("does not begin what the disk has no space for", () =>
    setting(async ({ server, fetch, names }) => {
      server.faults.push({ claims: 2 ** 52 });
      await assert.rejects(fetch(), { code: "ENOSPC" });
      assert.deepEqual(await names(), []);
    }));

  it("fails where it may not write", () =>
    setting(async ({ folder, fetch, server }) => {
      await chmod(folder, 0o555);
      await asNobody(() => assert.rejects(fetch(), { code: "EACCES" }));
      assert.equal(server.seen.length, 0);
    }));
});
