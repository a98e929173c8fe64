import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import type { Irv2Error } from "@inception-resnet-v2/core/internal/errors.js";
import {
  published,
  type WebWeights,
} from "@inception-resnet-v2/core/internal/weights/published.js";
import { asNobody, withEnvironment } from "@inception-resnet-v2/test/helpers/environment.js";
import {
  type FileServer,
  type Hub,
  startFileServer,
  startHub,
} from "@inception-resnet-v2/test/helpers/file-server.js";
import { exitCodeOf } from "../cli/exit-codes.js";
import { openHttp } from "./download/http.js";
import { findInKerasCache, pullToKerasCache } from "./keras-cache.js";
import { findPulled, pull } from "./pull.js";

const content = Buffer.from("weights ".repeat(20_000));
const commit = "c".repeat(40);
const token = "hf_secret";

const isRejected =
  (code: string, exitCode: number, message: string | RegExp) => (error: unknown) => {
    const found = error as Irv2Error;
    assert.deepEqual([found.code, exitCodeOf(found)], [code, exitCode], found.message);
    if (typeof message === "string") assert.equal(found.message, message);
    else assert.match(found.message, message);
    return true;
  };

describe("pull() from the hub", () => {
  let hub: Hub;
  let cache: string;
  /** An address where nobody listens. */
  let nobody: string;

  before(async () => {
    await using gone = await startFileServer();
    nobody = gone.url;
    const file = (text: string | Buffer) => ({ content: Buffer.from(text), isLarge: true });
    const commits = { main: commit };
    const names = Array.from({ length: 12 }, (_, at) => `part-${String(at).padStart(2, "0")}.bin`);
    hub = await startHub({
      "timm/inception_resnet_v2.tf_in1k": {
        commits,
        files: { "model.safetensors": file(content) },
      },
      "a/both": {
        commits,
        files: { "pytorch_model.bin": file("p"), "model.safetensors": file("s") },
      },
      "a/pickle": { commits, files: { "pytorch_model.bin": file("p"), "README.md": file("r") } },
      "a/parts": {
        commits,
        files: Object.fromEntries(names.map((name) => [name, file(name)])),
        pageSize: 5,
      },
      "a/empty": { commits, files: {} },
      "a/private": { commits, files: { "model.safetensors": file("mine") }, token },
      "a/moving": { commits, files: { "model.safetensors": file("old") } },
    });
  });

  after(() => hub[Symbol.asyncDispose]());

  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), "irv2-pull-"));
    hub.seen.length = 0;
    hub.content.seen.length = 0;
  });

  const within = <T>(body: () => Promise<T>, variables = {}) =>
    withEnvironment({ HF_HUB_CACHE: cache, HF_ENDPOINT: hub.url, ...variables }, body);

  it("downloads by name, and then asks nobody", async () => {
    await within(async () => {
      assert.equal(await findPulled("imagenet"), undefined);
      const path = await pull("imagenet");
      assert.ok((await readFile(path)).equals(content));
      const asked = hub.seen.length;
      assert.equal(await pull("imagenet"), path);
      assert.equal(await findPulled("imagenet"), path);
      assert.equal(await findPulled("timm/inception_resnet_v2.tf_in1k"), path);
      assert.equal(hub.seen.length, asked);
    });
  });

  it("takes safetensors, else a pickle, else says what there is", async () => {
    await within(async () => {
      assert.equal(await readFile(await pull("a/both"), "utf8"), "s");
      assert.equal(await readFile(await pull("a/pickle"), "utf8"), "p");
      const wanted = "expected model.safetensors or pytorch_model.bin in the repository, got";
      const names = Array.from({ length: 10 }, (_, at) => `"part-0${at}.bin"`).join(", ");
      await assert.rejects(
        pull("a/parts"),
        isRejected(
          "WEIGHTS_MISSING",
          4,
          `Cannot pull weights "a/parts": ${wanted} ${names}, 2 more`,
        ),
      );
      await assert.rejects(
        pull("a/empty"),
        isRejected("WEIGHTS_MISSING", 4, `Cannot pull weights "a/empty": ${wanted} no files`),
      );
    });
  });

  it("follows a branch, and takes what is here where the hub cannot be asked", async () => {
    const first = await within(() => pull("a/moving"));
    const old = hub.repositories.get("a/moving");
    const moved = "d".repeat(40);
    hub.repositories.set("a/moving", {
      commits: { main: moved },
      files: { "model.safetensors": { content: Buffer.from("new"), isLarge: true } },
    });
    const second = await within(() => pull("a/moving"));
    assert.equal(await readFile(second, "utf8"), "new");
    assert.equal(await within(() => findPulled("a/moving")), second);
    assert.equal(await within(() => findPulled(`a/moving@${commit}`)), first);
    for (const away of [{ HF_HUB_OFFLINE: "1" }, { HF_ENDPOINT: nobody }]) {
      assert.equal(await within(() => pull("a/moving"), away), second);
    }
    if (old) hub.repositories.set("a/moving", old);
  });

  it("asks nobody for a commit that is here", async () => {
    await within(async () => {
      const path = await pull(`a/both@${commit}`);
      const asked = hub.seen.length;
      assert.equal(await pull(`a/both@${commit}`), path);
      assert.equal(hub.seen.length, asked);
    });
  });

  it("sends the token to the hub, and not to where that redirects", async () => {
    const message = `Cannot pull weights "a/private": expected permission to read ${hub.url}, got status 401; the repository does not exist, or requires an access token, in HF_TOKEN or from "hf auth login"`;
    for (const HF_TOKEN of ["", "hf_other"]) {
      await assert.rejects(
        within(() => pull("a/private"), { HF_TOKEN, HF_HOME: cache }),
        isRejected("WEIGHTS_FORBIDDEN", 5, message),
      );
    }
    hub.seen.length = 0;
    const path = await within(() => pull("a/private"), { HF_TOKEN: token });
    assert.equal(await readFile(path, "utf8"), "mine");
    assert.equal(hub.seen.length, 3);
    for (const { authorization } of hub.seen) assert.equal(authorization, `Bearer ${token}`);
    assert.deepEqual(
      hub.content.seen.map(({ authorization, status }) => [authorization, status]),
      [[undefined, 200]],
    );
  });

  it("takes tokens of hubs that name them otherwise", async () => {
    hub.repositories.set("a/other", {
      commits: { main: commit },
      files: { "model.safetensors": { content: Buffer.from("other"), isLarge: true } },
      token: "plain",
    });
    await within(() => pull("a/other"), { HF_TOKEN: "plain" });
  });

  it("tells what there is not", async () => {
    await assert.rejects(
      within(() => pull("a/both@none")),
      isRejected(
        "WEIGHTS_MISSING",
        4,
        `Cannot pull weights "a/both@none": expected a file at ${hub.url}/a/both/tree/none, got status 404`,
      ),
    );
    await assert.rejects(
      within(() => pull("model.safetensors")),
      isRejected(
        "WEIGHTS_UNKNOWN",
        2,
        'Cannot pull weights "model.safetensors": expected imagenet, ens-adv, keras, keras-notop, slim, inception-v4, or a repository of the hub as owner/name or owner/name@revision',
      ),
    );
    for (const text of ["model.safetensors", "../x/y", "", "photos/a.jpg"]) {
      assert.equal(await within(() => findPulled(text)), undefined);
    }
  });

  it("tells that there is no network, or that it must not be used", async () => {
    await assert.rejects(
      within(() => pull("imagenet"), { HF_ENDPOINT: nobody }),
      isRejected(
        "WEIGHTS_UNREACHABLE",
        5,
        `Cannot pull weights "imagenet": expected an answer from ${nobody}, got none (ECONNREFUSED)`,
      ),
    );
    await assert.rejects(
      within(() => pull("imagenet"), { HF_ENDPOINT: "http://nowhere.invalid" }),
      isRejected(
        "WEIGHTS_UNREACHABLE",
        5,
        /from http:\/\/nowhere\.invalid, got none \(E[A-Z_]+\)$/,
      ),
    );
    await assert.rejects(
      within(() => pull("imagenet"), { HF_HUB_OFFLINE: "1" }),
      isRejected(
        "WEIGHTS_UNREACHABLE",
        5,
        'Cannot pull weights "imagenet": expected them in the hub\'s cache, since HF_HUB_OFFLINE disables downloads, got nothing there',
      ),
    );
    assert.equal(hub.seen.length, 0);
  });

  it("tells that a server is no hub", async () => {
    const page = Buffer.from("<html>log in to this network</html>");
    await using server = await startFileServer({ "/api/models/a/both/revision/main": page });
    await assert.rejects(
      within(() => pull("a/both"), { HF_ENDPOINT: server.url }),
      isRejected(
        "WEIGHTS_UNREACHABLE",
        5,
        /expected a valid response of the hub from http:\S+, got an invalid one \(".*not valid JSON.*"\)$/,
      ),
    );
    const file = (change: object) =>
      JSON.stringify([{ type: "file", path: "a.bin", size: 2, oid: commit, ...change }]);
    for (const [listing, found] of [
      ['{"error": "none"}', /\(expected a list, got {"error":"none"}\)$/],
      [file({ path: 1 }), /\(expected a text in "path", got 1\)$/],
      [file({ oid: "c0ffee" }), /\(expected a hash in "oid", got "c0ffee"\)$/],
      [file({ lfs: {} }), /\(expected a hash in "lfs\.oid", got nothing\)$/],
      [file({ size: -1 }), /\(expected a whole number from 0 in "size", got -1\)$/],
    ] as const) {
      server.files.set("/api/models/a/both/revision/main", Buffer.from(`{"sha": "${commit}"}`));
      server.files.set(`/api/models/a/both/tree/${commit}`, Buffer.from(listing));
      await assert.rejects(
        within(() => pull("a/both"), { HF_ENDPOINT: server.url }),
        isRejected("WEIGHTS_UNREACHABLE", 5, found),
      );
    }
  });

  it("keeps nothing of a file with a wrong hash", async () => {
    hub.content.faults.push({ instead: Buffer.alloc(content.length) });
    await assert.rejects(
      within(() => pull("imagenet")),
      isRejected(
        "WEIGHTS_CHECKSUM",
        4,
        /expected a file with SHA-256 [0-9a-f]{64}, got [0-9a-f]{64}; it/,
      ),
    );
    const names = await readdir(cache, { recursive: true, withFileTypes: true });
    assert.deepEqual(
      names.filter((entry) => !entry.isDirectory()),
      [],
    );
  });

  it("tells that the cache is no folder", async () => {
    const file = join(cache, "file");
    await writeFile(file, "");
    await assert.rejects(
      within(() => pull("imagenet"), { HF_HUB_CACHE: file }),
      isRejected(
        "FILE_UNWRITABLE",
        5,
        `Cannot pull weights "imagenet": expected a folder to write to, got ENOTDIR at "${file}/models--timm--inception_resnet_v2.tf_in1k/blobs"; HF_HUB_CACHE names another`,
      ),
    );
  });

  it("takes what is in a cache that it may not write to, and says that it needs another", async () => {
    const path = await within(() => pull("a/both"));
    const snapshots = join(path, "../..");
    const folder = join(snapshots, "..");
    await rm(join(folder, "refs"), { recursive: true });
    for (const each of [folder, snapshots, join(folder, "blobs"), cache]) await chmod(each, 0o555);
    await asNobody(async () => {
      assert.equal(await within(() => pull("a/both")), path);
      await assert.rejects(
        within(() => pull("imagenet")),
        isRejected(
          "FILE_UNWRITABLE",
          5,
          `Cannot pull weights "imagenet": expected a folder to write to, got EACCES at "${cache}/models--timm--inception_resnet_v2.tf_in1k"; HF_HUB_CACHE names another`,
        ),
      );
    });
    await chmod(cache, 0o755);
  });

  it("goes through the proxy of the environment, but not to hosts that are excepted", async () => {
    const through: string[] = [];
    const proxy = createServer((incoming, response) => {
      through.push(`${incoming.method} ${incoming.url}`);
      const { method, headers } = incoming;
      const onward = request(incoming.url ?? "", { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
      incoming.pipe(onward);
    });
    proxy.on("connect", (incoming, socket) => {
      through.push(`CONNECT ${incoming.url}`);
      const [host, port] = (incoming.url ?? "").split(":");
      const onward = connect(Number(port), host, () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        onward.pipe(socket).pipe(onward);
      });
      onward.on("error", () => socket.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    try {
      await within(() => pull("imagenet"), { HTTP_PROXY: address });
      assert.equal(through.length, 4);
      for (const line of through) assert.match(line, /^GET http:\/\/127\.0\.0\.1:\d+\//);
      const except = { HTTP_PROXY: address, NO_PROXY: "127.0.0.1" };
      await within(() => pull("a/both"), except);
      assert.equal(through.length, 4);
      // The proxy hangs up, as it cannot connect.
      const secure = { HTTPS_PROXY: address, HF_ENDPOINT: nobody.replace("http:", "https:") };
      await assert.rejects(
        within(() => pull("a/both@x"), { ...secure, HF_HUB_DOWNLOAD_TIMEOUT: "0.2" }),
        isRejected("WEIGHTS_UNREACHABLE", 5, /^.* got none \(no data for 400 ms\)$/),
      );
      assert.equal(through.at(-1), `CONNECT ${new URL(nobody).host}`);
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  });

  it("stops before it starts where it is told to", async () => {
    const signal = AbortSignal.abort();
    await assert.rejects(
      within(() => pull("imagenet", { signal })),
      { name: "AbortError" },
    );
    assert.equal(hub.seen.length, 0);
  });
});

describe("pull() from the web", () => {
  let server: FileServer;
  let home: string;
  const keras: WebWeights = {
    place: "web",
    url: "https://somewhere.example/folder/weights.h5",
    md5: createHash("md5").update(content).digest("hex"),
    description: "a test's",
  };

  before(async () => {
    server = await startFileServer({ "/folder/weights.h5": content });
  });

  after(() => server[Symbol.asyncDispose]());

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "irv2-keras-"));
    server.seen.length = 0;
  });

  const within = <T>(body: () => Promise<T>) =>
    withEnvironment({ KERAS_HOME: home, IRV2_MIRROR: server.url }, body);

  /** `pull` of weights that are not among the published ones, whose hashes no test can meet. */
  async function pullWeb(weights: WebWeights): Promise<string> {
    await using http = await openHttp();
    return await pullToKerasCache(weights, { name: "keras", http, onProgress: () => {} });
  }

  it("downloads to where Keras looks, and finds what Keras has put there", () =>
    within(async () => {
      const place = join(home, "models", "weights.h5");
      assert.equal(await findInKerasCache(keras), undefined);
      assert.equal(await pullWeb(keras), place);
      assert.equal(await findInKerasCache(keras), place);
      await pullWeb(keras);
      assert.equal(server.seen.length, 1);
      assert.deepEqual(await readdir(join(home, "models")), ["weights.h5"]);
    }));

  it("does not take half a file of Keras's for one, and replaces it", () =>
    within(async () => {
      const place = join(home, "models", "weights.h5");
      await mkdir(join(home, "models"));
      await writeFile(place, content.subarray(0, 1000));
      assert.equal(await findInKerasCache(keras), undefined);
      await pullWeb(keras);
      assert.ok((await readFile(place)).equals(content));
    }));

  it("takes the checkpoint out of slim's archive", async (test) => {
    if (spawnSync("tar", ["--version"]).status !== 0) return test.skip("there is no tar here");
    const folder = await mkdtemp(join(tmpdir(), "irv2-slim-"));
    await writeFile(join(folder, "net.ckpt"), content);
    execFileSync("tar", ["-czf", join(folder, "net.tar.gz"), "-C", folder, "net.ckpt"]);
    const archive = await readFile(join(folder, "net.tar.gz"));
    server.files.set("/net.tar.gz", archive);
    const slim: WebWeights = {
      ...keras,
      url: "https://somewhere.example/net.tar.gz",
      md5: createHash("md5").update(archive).digest("hex"),
      member: "net.ckpt",
    };
    await within(async () => {
      const [models, place] = [join(home, "models"), join(home, "models", "net.ckpt")];
      assert.deepEqual(await Promise.all([pullWeb(slim), pullWeb(slim)]), [place, place]);
      assert.ok((await readFile(place)).equals(content));
      assert.equal(await findInKerasCache(slim), place);
      assert.deepEqual(await readdir(models), ["net.ckpt"]);
      // An archive that somebody else has put there serves, and stays.
      await rm(place);
      await writeFile(join(models, "net.tar.gz"), archive);
      const asked = server.seen.length;
      await pullWeb(slim);
      assert.equal(server.seen.length, asked);
      assert.deepEqual(await readdir(models), ["net.ckpt", "net.tar.gz"]);
    });
  });

  it("asks the mirror for the published addresses, and believes their hashes alone", async () => {
    for (const name of ["keras", "keras-notop", "slim"] as const) {
      const { url, md5 } = published[name];
      const { pathname } = new URL(url);
      server.files.set(pathname, content);
      const found = createHash("md5").update(content).digest("hex");
      await assert.rejects(
        within(() => pull(name)),
        isRejected(
          "WEIGHTS_CHECKSUM",
          4,
          `Cannot pull weights "${name}": expected a file with MD5 ${md5}, got ${found}; it was discarded`,
        ),
      );
      assert.equal(server.seen.at(-1)?.path, pathname);
    }
    assert.deepEqual(await readdir(join(home, "models")), []);
  });
});
