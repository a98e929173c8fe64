import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { isUnfinished, writeBeside, writeFolder, writeParts, writeText } from "./write-file.js";

const folder = () => mkdtemp(join(tmpdir(), "irv2-"));

describe("writeParts()", () => {
  it("writes bytes and text in their order, in place of what was there", async () => {
    const at = await folder();
    const path = join(at, "a.bin");
    await writeFile(path, "old and longer");
    async function* parts() {
      yield Uint8Array.of(0xc3, 0xa9);
      yield "é";
    }
    await writeParts(path, parts());
    assert.equal(await readFile(path, "utf8"), "éé");
    assert.deepEqual(await readdir(at), ["a.bin"]);
  });

  it("passes on what the parts throw, and keeps the old file", async () => {
    const at = await folder();
    const path = join(at, "a.bin");
    await writeFile(path, "old");
    const reason = new RangeError("no more");
    function* parts() {
      yield "new";
      throw reason;
    }
    await assert.rejects(writeParts(path, parts()), reason);
    assert.equal(await readFile(path, "utf8"), "old");
    assert.deepEqual(await readdir(at), ["a.bin"]);
  });

  it("stops between parts with the reason of the signal and leaves nothing", async () => {
    const at = await folder();
    const controller = new AbortController();
    const reason = new Error("enough");
    let given = 0;
    function* parts() {
      for (;;) {
        if (++given === 3) controller.abort(reason);
        yield "part";
      }
    }
    const { signal } = controller;
    await assert.rejects(writeParts(join(at, "a.bin"), parts(), { signal }), reason);
    assert.equal(given, 3);
    assert.deepEqual(await readdir(at), []);
    await assert.rejects(writeParts(join(at, "a.bin"), [], { signal }), reason);
    assert.deepEqual(await readdir(at), []);
  });

  it("keeps what was there when the signal comes with the last part", async () => {
    const path = join(await folder(), "a.txt");
    await writeText(path, "old");
    const controller = new AbortController();
    function* parts() {
      yield "new";
      controller.abort();
    }
    const writing = writeParts(path, parts(), { signal: controller.signal });
    await assert.rejects(writing, { name: "AbortError" });
    assert.equal(await readFile(path, "utf8"), "old");
  });

  it("says where there is no place, by the name and code of the caller", async () => {
    const path = join(await folder(), "none", "a.bin");
    await assert.rejects(writeParts(path, []), {
      name: "ResourceError",
      code: "FILE_UNWRITABLE",
      message: `Cannot write "${path}": expected a place for the file, got ENOENT`,
    });
    await assert.rejects(writeParts(path, [], { what: "weights" }), {
      name: "ResourceError",
      code: "FILE_UNWRITABLE",
      message: `Cannot write weights "${path}": expected a place for the file, got ENOENT`,
    });
  });
});

describe("writeText()", () => {
  it("never holds half a text under its name", async () => {
    const at = await folder();
    const path = join(at, "report.html");
    await mkdir(path); // a file cannot be renamed to a folder
    await assert.rejects(writeText(path, "page"), {
      name: "ResourceError",
      code: "FILE_UNWRITABLE",
      message: `Cannot write "${path}": expected a place for the file, got EISDIR`,
    });
    assert.deepEqual(await readdir(at), ["report.html"]);
  });

  it("leaves one whole text when several write at once", async () => {
    const at = await folder();
    const path = join(at, "a.txt");
    const texts = ["a", "b", "c"].map((letter) => letter.repeat(1e6));
    await Promise.all(texts.map((text) => writeText(path, text)));
    assert.ok(texts.includes(await readFile(path, "utf8")));
    assert.deepEqual(await readdir(at), ["a.txt"]);
  });
});

describe("writeFolder()", () => {
  it("makes a folder or fills an empty one, and never adds to another", async () => {
    const at = await folder();
    const files = [["a.txt", Buffer.from("a")]] as const;
    await writeFolder(join(at, "new"), files);
    await mkdir(join(at, "empty"));
    await writeFolder(join(at, "empty/"), files);
    assert.deepEqual((await readdir(at, { recursive: true })).sort(), [
      ...["empty", "empty/a.txt", "new", "new/a.txt"],
    ]);
    await assert.rejects(writeFolder(join(at, "new"), [["b.txt", Buffer.from("b")]]), {
      code: "FILE_UNWRITABLE",
      message: `Cannot write "${join(at, "new")}": expected a place for a new folder, got ENOTEMPTY`,
    });
    assert.deepEqual(await readdir(join(at, "new")), ["a.txt"]);
    assert.deepEqual((await readdir(at)).sort(), ["empty", "new"]);
  });
});

describe("writeBeside()", () => {
  it("removes what a failed write made, by a name that says it is not whole", async () => {
    const at = await folder();
    let name = "";
    const writing = writeBeside(join(at, "a"), async (beside) => {
      await writeFile(beside, "half");
      [name = ""] = await readdir(at);
      throw new Error("broken");
    });
    await assert.rejects(writing, /^Error: broken$/);
    assert.ok(isUnfinished(name), name);
    assert.ok(!isUnfinished("a.tmp"));
    assert.deepEqual(await readdir(at), []);
  });
});
