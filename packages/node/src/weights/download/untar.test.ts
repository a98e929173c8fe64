import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { unpackMember } from "./untar.js";

const skip = spawnSync("tar", ["--version"]).status === 0 ? false : "there is no tar here";

describe("unpackMember()", { skip }, () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  const content = Buffer.from("checkpoint ".repeat(20_000));

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "irv2-tar-"));
    const deep = at(`deep/${"long-".repeat(30)}`); // its header takes more than one block
    await mkdir(deep, { recursive: true });
    await writeFile(join(deep, "before"), "something first");
    await mkdir(at("deep/m.ckpt-not"));
    await writeFile(at("deep/m.ckpt"), content);
    await writeFile(at("deep/zlast"), "");
  });

  for (const format of ["gnu", "pax", "ustar", "v7"]) {
    it(`takes one file out of an archive in the format ${format}`, async () => {
      const archive = at(`${format}.tar.gz`);
      const isShort = format === "ustar" || format === "v7"; // they hold no name of that length
      const files = isShort ? ["deep/m.ckpt-not", "deep/m.ckpt"] : ["deep"];
      execFileSync("tar", ["-czf", archive, `--format=${format}`, "-C", folder, ...files]);
      await unpackMember(archive, "m.ckpt", at(`${format}.ckpt`));
      assert.ok((await readFile(at(`${format}.ckpt`))).equals(content));
    });
  }

  it("says what is wrong with an archive", async () => {
    execFileSync("tar", ["-czf", at("good.tar.gz"), "-C", folder, "deep/m.ckpt"]);
    const packed = await readFile(at("good.tar.gz"));
    const plain = gunzipSync(packed);
    const cases = {
      "none.tar.gz": [gzipSync(Buffer.alloc(1024)), 'no file "m.ckpt"'],
      "empty.tar.gz": [gzipSync(Buffer.alloc(0)), '"Tar archive is truncated."'],
      "text.tar.gz": [gzipSync(Buffer.alloc(1024, "text")), '"Invalid tar number."'],
      "plain.tar.gz": [plain, '"incorrect header check"'],
      "cut.tar.gz": [packed.subarray(0, 200), '"unexpected end of file"'],
      "short.tar.gz": [gzipSync(plain.subarray(0, 5000)), '"Tar archive is truncated."'],
    } as const;
    for (const [name, [bytes, found]] of Object.entries(cases)) {
      await writeFile(at(name), bytes);
      await assert.rejects(unpackMember(at(name), "m.ckpt", at("out")), {
        code: "WEIGHTS_DAMAGED",
        name: "ModelError",
        message: `Cannot unpack "${at(name)}": expected a tar archive in gzip, got ${found}`,
      });
    }
  });

  it("writes nothing that it was not asked for", async () => {
    const out = await mkdtemp(join(tmpdir(), "irv2-tar-out-"));
    execFileSync("tar", ["-czPf", at("up.tar.gz"), "-C", at("deep"), "../deep/m.ckpt", "zlast"]);
    await unpackMember(at("up.tar.gz"), "m.ckpt", join(out, "only"));
    assert.deepEqual(await readdir(out), ["only"]);
  });
});
