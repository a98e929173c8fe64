import assert from "node:assert/strict";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { ResourceError } from "@inception-resnet-v2/core/internal/errors.js";
import { threadFile } from "./own-file.js";

describe("threadFile()", () => {
  it("says what to do in a bundle, where the file is missing or a copy of another name", async () => {
    const folder = await mkdtemp(join(tmpdir(), "irv2-"));
    const [there, missing, copy] = ["worker.js", "image-worker.js", "25a2b4e9d3e2d249c174.js"].map(
      (name) => pathToFileURL(join(folder, name)),
    ) as [URL, URL, URL];
    for (const url of [there, copy]) await writeFile(url, "");
    assert.equal(threadFile(there), there);
    for (const url of [missing, copy]) {
      const place = join(folder, url === missing ? "image-worker.js" : "25a2b4e9d3e2d249c174.js");
      assert.throws(
        () => threadFile(url),
        new ResourceError(
          "THREAD_FILE_MISSING",
          `Cannot start a thread: expected the file "${place}", got none: mark the package inception-resnet-v2 as external in the bundler and install it where the bundle runs`,
        ),
      );
    }
  });
});
