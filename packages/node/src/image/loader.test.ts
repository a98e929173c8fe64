import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { InputError, ResourceError } from "@inception-resnet-v2/core/internal/errors.js";
import { preprocess } from "@inception-resnet-v2/core/internal/image/preprocess.js";
import { presets } from "@inception-resnet-v2/core/internal/image/presets.js";
import type { ImageSource } from "@inception-resnet-v2/core/internal/image/source.js";
import { hashPixels } from "@inception-resnet-v2/test/golden/pixels-by-hash.js";
import sharp from "sharp";
import { ImageLoader } from "./loader.js";

const options = { preprocessing: presets.timm, height: 75, width: 75 };
const stopped = (reason: string) =>
  new ResourceError("LOADER_STOPPED", `Cannot load an image: ${reason}`);

describe("ImageLoader", () => {
  const root = mkdtempSync(join(tmpdir(), "loader-"));
  const png = join(root, "a.png");
  const picture = hashPixels(90, 60, 4);
  const expected = preprocess(picture, presets.timm, options);
  before(async () => {
    const raw = { width: 90, height: 60, channels: 3 } as const;
    writeFileSync(png, await sharp(picture.data, { raw }).png().toBuffer());
  });
  after(() => rmSync(root, { recursive: true }));

  it("gives one image the same tensor whichever way it comes in, alone or in a stream", async () => {
    const bytes = readFileSync(png);
    const pooled = Buffer.concat([Buffer.alloc(100), bytes]).subarray(100);
    const sources: ImageSource[] = [png, bytes, pooled, pathToFileURL(png), picture];
    for (const workers of [1, 2]) {
      const loader = new ImageLoader({ ...options, workers });
      for (const source of sources) assert.deepEqual(await loader.load(source), expected);
      const streamed: ImageSource[] = [];
      for await (const result of loader.stream(sources)) {
        streamed.push(result.source);
        assert.deepEqual("tensor" in result && result.tensor, expected);
      }
      assert.deepEqual(streamed, sources);
      await loader.dispose();
    }
    assert.equal(bytes.length, readFileSync(png).length, "the caller's bytes stay");
    assert.equal(picture.data.length, 90 * 60 * 3);
  });

  it("streams in order, with the error of an image in its place", async () => {
    const loader = new ImageLoader({ ...options, workers: 2 });
    const small = hashPixels(1, 1, 1);
    const large = hashPixels(1500, 1000, 2);
    const sources: ImageSource[] = [large, small, "no.jpg", small, new Uint8Array(3), large];
    const kinds: string[] = [];
    for await (const result of loader.stream(sources, { ahead: 6 })) {
      assert.equal(result.source, sources[kinds.length]);
      kinds.push("tensor" in result ? result.tensor.shape.join("x") : result.error.message);
    }
    assert.deepEqual(kinds, [
      "3x75x75",
      "3x75x75",
      'Cannot read image "no.jpg": expected a file, got nothing of that name',
      "3x75x75",
      "Cannot read image of 3 bytes: expected JPEG, PNG, WebP, GIF, AVIF, TIFF, BMP or HEIC, got an unknown format",
      "3x75x75",
    ]);
    await loader.dispose();
  });

  it("pulls no more sources than the caller asked for, plus those ahead", async () => {
    const loader = new ImageLoader(options);
    let pulled = 0;
    let isClosed = false;
    const endless = async function* () {
      try {
        for (;;) {
          pulled++;
          yield hashPixels(2, 2, pulled);
        }
      } finally {
        isClosed = true;
      }
    };
    let taken = 0;
    for await (const result of loader.stream(endless(), { ahead: 3 })) {
      assert.ok("tensor" in result);
      taken++;
      await new Promise((done) => setTimeout(done, 20));
      assert.ok(pulled <= taken + 3, `${pulled} pulled, ${taken} taken`);
      if (taken === 5) break;
    }
    assert.equal(isClosed, true);
    await loader.dispose();
  });

  it("passes on an error of the sources themselves, in its place", async () => {
    const loader = new ImageLoader(options);
    const broken = async function* () {
      yield picture;
      throw new Error("the disk is gone");
    };
    const stream = loader.stream(broken(), { ahead: 4 });
    assert.ok("tensor" in ((await stream.next()).value ?? {}));
    await assert.rejects(stream.next(), new Error("the disk is gone"));
    await loader.dispose();
  });

  it("throws the error of an image with its class and code", async () => {
    const loader = new ImageLoader({ ...options, maxPixels: 5399 });
    await assert.rejects(
      loader.load(png),
      new InputError(
        "IMAGE_TOO_LARGE",
        `Cannot decode image "${png}": expected at most 5399 pixels, got 90x60`,
      ),
    );
    await assert.rejects(
      loader.load(null as unknown as ImageSource),
      new InputError(
        "IMAGE_SOURCE",
        "Cannot read an image: expected a path, a URL object, encoded bytes, a Blob or raw pixels, got null",
      ),
    );
    await loader.dispose();
  });

  it("fails what is under way when it is disposed of, and what comes after", async () => {
    const loader = new ImageLoader({ ...options, workers: 1 });
    const results = Promise.allSettled([loader.load(png), loader.load(png)]);
    await loader.dispose();
    for (const result of await results) {
      assert.equal(result.status, "rejected");
      assert.deepEqual(result.reason, stopped("the loader has been disposed"));
    }
    await assert.rejects(loader.load(png), stopped("the loader has been disposed"));
    await loader.dispose();
  });

  it("can be made again and again in one process", async () => {
    for (let round = 0; round < 5; round++) {
      const loader = new ImageLoader(options);
      assert.deepEqual(await loader.load(png), expected);
      await loader.dispose();
    }
  });

  it("lets a process end that never disposes of it", () => {
    const script = `
      import { ImageLoader } from ${JSON.stringify(new URL("./loader.js", import.meta.url).href)};
      const loader = new ImageLoader(${JSON.stringify(options)});
      const { shape } = await loader.load(${JSON.stringify(png)});
      console.log(shape.join("x"));`;
    const output = execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
      timeout: 30_000,
    });
    assert.equal(output.toString(), "3x75x75\n");
  });
});
