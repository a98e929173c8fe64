import assert from "node:assert/strict";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { hashFile } from "./checksum.js";

it("hashFile() agrees with sha256sum, md5sum and git hash-object", async () => {
  const path = join(await mkdtemp(join(tmpdir(), "irv2-hash-")), "file");
  await writeFile(path, "test content\n");
  const hashes = await Promise.all(
    (["sha256", "md5", "git"] as const).map((algorithm) => hashFile(path, algorithm)),
  );
  assert.deepEqual(hashes, [
    "a1fff0ffefb9eace7230c24e50731f0a91c62f9cefdfe77121c2f607125dffae",
    "d6eb32081c822ed572b70567826d9d9d",
    "d670460b4b4aece5915caf5c68d12f560a9fe3e4",
  ]);
});
