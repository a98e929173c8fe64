import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { type ErrorCode, InputError } from "@inception-resnet-v2/core/internal/errors.js";
import type { ImageSource } from "@inception-resnet-v2/core/internal/image/source.js";
import { hashPixels } from "@inception-resnet-v2/test/golden/pixels-by-hash.js";
import sharp from "sharp";
import { readImage } from "./read-node.js";

/** The bytes in memory that threads share. */
function shared(bytes: Uint8Array): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(bytes.length);
  new Uint8Array(buffer).set(bytes);
  return buffer;
}

describe("readImage()", () => {
  const root = mkdtempSync(join(tmpdir(), "read-node-"));
  const png = join(root, "a b?#.png");
  const picture = hashPixels(12, 8, 1);
  let server: Server;
  let address = "";
  before(async () => {
    const raw = { width: 12, height: 8, channels: 3 } as const;
    writeFileSync(png, await sharp(picture.data, { raw }).png().toBuffer());
    server = createServer((request, response) => {
      if (request.url === "/cut") request.socket.destroy();
      else if (request.url === "/a.png") response.end(readFileSync(png));
      else response.writeHead(404).end("no");
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.close();
    rmSync(root, { recursive: true });
  });

  it("gives the same pixels whichever way an image comes in", async () => {
    const bytes = readFileSync(png);
    const rgba = Uint8ClampedArray.from({ length: 12 * 8 * 4 }, (_, i) =>
      i % 4 === 3 ? 255 : (picture.data[(i >> 2) * 3 + (i % 4)] ?? 0),
    );
    const sources: ImageSource[] = [
      png,
      pathToFileURL(png),
      bytes,
      new Uint8Array(bytes),
      new Uint8ClampedArray(bytes),
      new Uint8Array(bytes).buffer,
      new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
      shared(bytes),
      new Blob([bytes]),
      new File([bytes], "a.jpg"),
      `data:image/png;base64,${bytes.toString("base64")}`,
      new URL(`data:image/png;base64,${bytes.toString("base64")}`),
      new URL(`${address}/a.png`),
      picture,
      { width: 12, height: 8, data: rgba },
    ];
    for (const source of sources) {
      const { width, height, data } = await readImage(source, {});
      assert.deepEqual([width, height], [12, 8]);
      assert.deepEqual(new Uint8Array(data), picture.data);
    }
  });

  const refusals: [what: string, source: () => unknown, code: ErrorCode, message: () => string][] =
    [
      [
        "a missing file",
        () => join(root, "no.jpg"),
        "IMAGE_MISSING",
        () => `Cannot read image "${root}/no.jpg": expected a file, got nothing of that name`,
      ],
      [
        "base64 without what makes it an address",
        () => readFileSync(png).toString("base64"),
        "IMAGE_MISSING",
        () =>
          `Cannot read image "${readFileSync(png).toString("base64")}": expected a file, got base64, which is given as Buffer.from(text, "base64")`,
      ],
      [
        "a Blob that holds no image",
        () => new Blob(["hello"]),
        "IMAGE_FORMAT",
        () =>
          "Cannot read image of 5 bytes: expected JPEG, PNG, WebP, GIF, AVIF, TIFF, BMP or HEIC, got an unknown format",
      ],
      [
        "a data URL that is none",
        () => "data:image/png",
        "IMAGE_UNREADABLE",
        () =>
          'Cannot read image "data:image/png": expected an answer, got "failed to fetch the data URL"',
      ],
      [
        "a promise",
        () => Promise.resolve("a.jpg"),
        "IMAGE_SOURCE",
        () =>
          "Cannot read an image: expected a path, a URL object, encoded bytes, a Blob or raw pixels, got a promise, which is to be awaited",
      ],
      [
        "a web address as a string, which is a path",
        () => "https://example.org/a.jpg",
        "IMAGE_MISSING",
        () =>
          'Cannot read image "https://example.org/a.jpg": expected a file, got an address, which is given as new URL("https://example.org/a.jpg")',
      ],
      [
        "a file in a file",
        () => join(png, "a.jpg"),
        "IMAGE_MISSING",
        () => `Cannot read image "${png}/a.jpg": expected a file, got nothing of that name`,
      ],
      [
        "a folder",
        () => root,
        "IMAGE_UNREADABLE",
        () => `Cannot read image "${root}": expected a file, got a folder`,
      ],
      [
        "a name that is too long",
        () => "a".repeat(300),
        "IMAGE_UNREADABLE",
        () => `Cannot read image "${"a".repeat(300)}": expected a readable file, got ENAMETOOLONG`,
      ],
      [
        "an empty file",
        () => {
          writeFileSync(join(root, "empty.jpg"), "");
          return join(root, "empty.jpg");
        },
        "IMAGE_EMPTY",
        () =>
          `Cannot read image "${root}/empty.jpg": expected JPEG, PNG, WebP, GIF, AVIF, TIFF, BMP or HEIC, got no bytes`,
      ],
      [
        "a file of 513 MiB, without reading it",
        () => {
          writeFileSync(join(root, "large.tif"), "II*\0");
          truncateSync(join(root, "large.tif"), 513 * 2 ** 20);
          return join(root, "large.tif");
        },
        "IMAGE_TOO_LARGE",
        () =>
          `Cannot read image "${root}/large.tif": expected at most 536870912 bytes, got 537919488`,
      ],
      [
        "empty bytes",
        () => new Uint8Array(),
        "IMAGE_EMPTY",
        () =>
          "Cannot read image of 0 bytes: expected JPEG, PNG, WebP, GIF, AVIF, TIFF, BMP or HEIC, got no bytes",
      ],
      [
        "a page that is not there",
        () => new URL(`${address}/b.png`),
        "IMAGE_UNREADABLE",
        () => `Cannot fetch image "${address}/b.png": expected status 200, got 404`,
      ],
      [
        "a server that hangs up",
        () => new URL(`${address}/cut`),
        "IMAGE_UNREADABLE",
        () => `Cannot read image "${address}/cut": expected an answer, got UND_ERR_SOCKET`,
      ],
      [
        "a protocol it does not speak",
        () => new URL("ftp://example.org/a.jpg"),
        "IMAGE_UNREADABLE",
        () =>
          'Cannot read image "ftp://example.org/a.jpg": expected a file:, data:, http: or https: URL, got ftp:',
      ],
      [
        "a file of another machine",
        () => new URL("file://elsewhere/a.jpg"),
        "IMAGE_UNREADABLE",
        () =>
          'Cannot read image "file://elsewhere/a.jpg": expected a URL of a file on this machine, got ERR_INVALID_FILE_URL_HOST',
      ],
      [
        "a data URL of text, naming its start only",
        () => new URL(`data:text/plain,${"a".repeat(200)}`),
        "IMAGE_FORMAT",
        () =>
          `Cannot read image "data:text/plain,${"a".repeat(44)}...": expected JPEG, PNG, WebP, GIF, AVIF, TIFF, BMP or HEIC, got an unknown format`,
      ],
      [
        "raw pixels that lack some",
        () => ({ width: 4, height: 4, data: new Uint8Array(5) }),
        "PIXELS_INVALID",
        () => "Cannot read raw pixels of 4x4: expected 1 to 4 bytes per pixel, got 5 bytes",
      ],
      [
        "a number",
        () => 42,
        "IMAGE_SOURCE",
        () =>
          "Cannot read an image: expected a path, a URL object, encoded bytes, a Blob or raw pixels, got number",
      ],
      [
        "nothing",
        () => undefined,
        "IMAGE_SOURCE",
        () =>
          "Cannot read an image: expected a path, a URL object, encoded bytes, a Blob or raw pixels, got undefined",
      ],
      [
        "numbers that are no bytes",
        () => new Float32Array(4),
        "IMAGE_SOURCE",
        () =>
          "Cannot read an image: expected a path, a URL object, encoded bytes, a Blob or raw pixels, got [object Float32Array]",
      ],
    ];
  for (const [what, source, code, message] of refusals) {
    it(`refuses ${what}`, async () => {
      const wrong = source() as ImageSource;
      await assert.rejects(readImage(wrong, {}), new InputError(code, message()));
    });
  }

  it("refuses a device", { skip: process.platform !== "linux" && "needs /dev/zero" }, async () => {
    await assert.rejects(
      readImage("/dev/zero", {}),
      new InputError(
        "IMAGE_UNREADABLE",
        'Cannot read image "/dev/zero": expected a file, got a device',
      ),
    );
  });
});
