import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createReadStream, existsSync, readFileSync, rmSync } from "node:fs";
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import {
  checkFilePlace,
  checkFolderPlace,
  writeFolder,
  writeOrKeep,
  writeText,
} from "./write-file.js";

const folder = () => mkdtemp(join(tmpdir(), "irv2-"));
const isRoot = process.getuid?.() === 0;

/** A device of our own, never one of /dev. */
async function device(minor: number): Promise<string> {
  const path = join(await folder(), "device");
  execFileSync("mknod", [path, "c", "1", String(minor)]);
  return path;
}
const [nullMinor, fullMinor] = [3, 7];

describe("writeText() to what is no plain file", () => {
  it("replaces what a chain of links leads to, and the links stay", async () => {
    const at = await folder();
    await mkdir(join(at, "real"));
    await writeFile(join(at, "real/a.txt"), "old");
    await symlink("real/a.txt", join(at, "one"));
    await symlink(join(at, "one"), join(at, "two"));
    await writeText(join(at, "two"), "new");
    assert.equal(await readlink(join(at, "two")), join(at, "one"));
    assert.equal(await readlink(join(at, "one")), "real/a.txt");
    assert.ok((await lstat(join(at, "real/a.txt"))).isFile());
    assert.equal(await readFile(join(at, "real/a.txt"), "utf8"), "new");
    assert.deepEqual(await readdir(join(at, "real")), ["a.txt"]);
  });

  it("makes the file that a link leads to and that is not there", async () => {
    const at = await folder();
    await symlink("later.txt", join(at, "link"));
    await writeText(join(at, "link"), "new");
    assert.ok((await lstat(join(at, "link"))).isSymbolicLink());
    assert.equal(await readFile(join(at, "later.txt"), "utf8"), "new");
  });

  it("refuses links in a circle", async () => {
    const path = join(await folder(), "self");
    await symlink("self", path);
    await assert.rejects(writeText(path, "new"), {
      code: "FILE_UNWRITABLE",
      message: `Cannot write "${path}": expected a place for the file, got ELOOP`,
    });
    assert.ok((await lstat(path)).isSymbolicLink());
  });

  it("keeps the permissions of the file that it replaces", async () => {
    const path = join(await folder(), "a.txt");
    await writeFile(path, "old");
    await chmod(path, 0o640);
    await writeText(path, "new");
    assert.equal((await stat(path)).mode & 0o777, 0o640);
  });

  it("refuses to replace a file that must not be written", {
    skip: isRoot && "root may",
  }, async () => {
    const path = join(await folder(), "a.txt");
    await writeFile(path, "old");
    await chmod(path, 0o444);
    await assert.rejects(writeText(path, "new"), {
      code: "FILE_UNWRITABLE",
      message: `Cannot write "${path}": expected a place for the file, got EACCES`,
    });
    assert.equal(await readFile(path, "utf8"), "old");
  });

  it("hands the bytes to a pipe, by its name or by a link to it", async () => {
    const at = await folder();
    const pipe = join(at, "pipe");
    execFileSync("mkfifo", [pipe]);
    await symlink("pipe", join(at, "link"));
    for (const name of ["pipe", "link"]) {
      const reading = createReadStream(pipe).toArray();
      await writeText(join(at, name), "x".repeat(200_000));
      assert.equal(Buffer.concat(await reading).length, 200_000);
      assert.ok((await lstat(pipe)).isFIFO());
    }
    assert.deepEqual((await readdir(at)).sort(), ["link", "pipe"]);
  });

  it("writes to a device, which stays one", { skip: !isRoot && "needs root" }, async () => {
    const path = await device(nullMinor);
    await writeText(path, "new");
    assert.ok((await lstat(path)).isCharacterDevice());
    assert.deepEqual(await readdir(dirname(path)), ["device"]);
  });

  it("writes behind what an open file has, by its name in /dev", {
    skip: !existsSync("/dev/fd") && "no /dev/fd",
  }, async () => {
    const path = join(await folder(), "a.txt");
    const file = await open(path, "w");
    await file.write("first ");
    await writeText(`/dev/fd/${file.fd}`, "second");
    await file.close();
    assert.equal(await readFile(path, "utf8"), "first second");
  });
});

describe("writeFolder() to a link", () => {
  it("fills the empty folder that it leads to", async () => {
    const at = await folder();
    await mkdir(join(at, "real"));
    await symlink("real", join(at, "link"));
    await writeFolder(join(at, "link"), [["a.txt", Buffer.from("a")]]);
    assert.ok((await lstat(join(at, "link"))).isSymbolicLink());
    assert.deepEqual(await readdir(join(at, "real")), ["a.txt"]);
  });
});

describe("writeOrKeep()", () => {
  it("names the file that it kept where the place is full", {
    skip: !isRoot && "needs root",
  }, async () => {
    const path = await device(fullMinor);
    const writing = writeOrKeep(path, () => ["the ", "work"]);
    const error = await writing.then(
      () => assert.fail("written"),
      (reason: Error) => reason,
    );
    const [, kept = ""] = /; it is kept in "(.*)"$/.exec(error.message) ?? [];
    assert.equal(
      error.message,
      `Cannot write "${path}": expected space on the disk, got ENOSPC; it is kept in "${kept}"`,
    );
    assert.equal(readFileSync(kept, "utf8"), "the work");
    rmSync(dirname(kept), { recursive: true });
    assert.ok((await lstat(path)).isCharacterDevice());
  });

  it("passes on what the parts throw, and keeps nothing", async () => {
    const reason = new RangeError("no more");
    const parts = () => {
      throw reason;
    };
    await assert.rejects(writeOrKeep(join(await folder(), "a"), parts), reason);
  });
});

describe("checkFilePlace() and checkFolderPlace()", () => {
  it("say beforehand what writing would", async () => {
    const at = await folder();
    await writeFile(join(at, "a.txt"), "old");
    for (const path of ["new", "a.txt"]) await checkFilePlace(join(at, path));
    const refusals: [check: typeof checkFilePlace, path: string, what: string, got: string][] = [
      [checkFilePlace, at, "a place for the file", "EISDIR"],
      [checkFilePlace, join(at, "none/a.txt"), "a place for the file", "ENOENT"],
      [checkFilePlace, join(at, "a.txt/b"), "a place for the file", "ENOTDIR"],
      [checkFilePlace, "", "a place for the file", "ENOENT"],
      [checkFolderPlace, at, "a place for a new folder", "ENOTEMPTY"],
      [checkFolderPlace, join(at, "a.txt"), "a place for a new folder", "ENOTDIR"],
    ];
    for (const [check, path, what, got] of refusals) {
      await assert.rejects(check(path, { what: "weights" }), {
        code: "FILE_UNWRITABLE",
        message: `Cannot write weights "${path}": expected ${what}, got ${got}`,
      });
    }
    assert.deepEqual(await readdir(at), ["a.txt"]);
  });
});
