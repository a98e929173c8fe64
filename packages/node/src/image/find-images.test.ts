import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { InputError } from "@inception-resnet-v2/core/internal/errors.js";
import { findImages, foldersIn, imagesUnder } from "./find-images.js";

describe("findImages()", () => {
  const root = mkdtempSync(join(tmpdir(), "find-images-"));
  const files = [
    "photos/b.JPG",
    "photos/a.png",
    "photos/Z.webp",
    "photos/notes.txt",
    "photos/.hidden.jpg",
    "photos/.cache/c.jpg",
    "photos/trip/day-1/d.tiff",
    "photos/trip/day-10/e.avif",
    "photos/trip/f(1).gif",
    "photos/trip/what?.jpeg",
    "texts/readme.md",
  ];
  before(() => {
    for (const file of files) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), "");
    }
    symlinkSync(join(root, "photos"), join(root, "photos/trip/loop"));
    symlinkSync(join(root, "photos/a.png"), join(root, "photos/link.png"));
    symlinkSync(join(root, "nowhere.png"), join(root, "photos/dangling.png"));
  });
  after(() => rmSync(root, { recursive: true }));
  const found = async (...patterns: string[]) => {
    const paths = await findImages(patterns.map((pattern) => join(root, pattern)));
    return paths.map((path) => path.slice(root.length + 1));
  };

  it("searches a folder through, in the order of code units", async () => {
    assert.deepEqual(await found("photos"), [
      "photos/Z.webp",
      "photos/a.png",
      "photos/b.JPG",
      "photos/link.png",
      "photos/trip/day-1/d.tiff",
      "photos/trip/day-10/e.avif",
      "photos/trip/f(1).gif",
      "photos/trip/what?.jpeg",
    ]);
  });

  it("takes files as they are named, in the order given, whether they exist or not", async () => {
    const named = ["photos/notes.txt", "missing.jpg", "photos/trip/what?.jpeg", "photos/a.png"];
    assert.deepEqual(await found(...named), named);
  });

  it("matches * and ? within a name, and ** over folders", async () => {
    assert.deepEqual(await found("photos/*"), [
      "photos/Z.webp",
      "photos/a.png",
      "photos/b.JPG",
      "photos/link.png",
      "photos/notes.txt",
    ]);
    assert.deepEqual(await found("photos/**/*.????"), [
      "photos/Z.webp",
      "photos/trip/day-1/d.tiff",
      "photos/trip/day-10/e.avif",
      "photos/trip/what?.jpeg",
    ]);
    assert.deepEqual(await found("photos/trip/day-*/*"), [
      "photos/trip/day-1/d.tiff",
      "photos/trip/day-10/e.avif",
    ]);
    assert.deepEqual(await found("*/**/f(1).*"), ["photos/trip/f(1).gif"]);
    assert.deepEqual(await found("photos/trip/**"), [
      "photos/trip/day-1/d.tiff",
      "photos/trip/day-10/e.avif",
      "photos/trip/f(1).gif",
      "photos/trip/what?.jpeg",
    ]);
  });

  it("refuses a folder without images", async () => {
    const folder = join(root, "texts");
    await assert.rejects(
      findImages([folder]),
      new InputError(
        "IMAGE_MISSING",
        `Cannot find images in "${folder}": expected JPEG, PNG, WebP, GIF, AVIF, TIFF, BMP or HEIC files, found none`,
      ),
    );
  });

  it("refuses a pattern that matches nothing", async () => {
    const pattern = join(root, "photos/*.bmp");
    await assert.rejects(
      findImages([pattern]),
      new InputError(
        "IMAGE_MISSING",
        `Cannot find images: expected files like "${pattern}", found none`,
      ),
    );
  });

  it("refuses a pattern in a folder that is not one", async () => {
    const folder = join(root, "photos/a.png");
    await assert.rejects(
      findImages([`${folder}/*`]),
      new InputError(
        "FOLDER_UNREADABLE",
        `Cannot search "${folder}": expected a readable folder, got ENOTDIR`,
      ),
    );
  });

  it("lists images inside a folder by their path in it, or none", async () => {
    assert.deepEqual(await imagesUnder(join(root, "photos/trip")), [
      "day-1/d.tiff",
      "day-10/e.avif",
      "f(1).gif",
      "what?.jpeg",
    ]);
    assert.deepEqual(await imagesUnder(join(root, "texts")), []);
  });

  it("lists the folders in a folder, links to folders too", async () => {
    assert.deepEqual(await foldersIn(join(root, "photos")), ["trip"]);
    assert.deepEqual(await foldersIn(join(root, "photos/trip")), ["day-1", "day-10", "loop"]);
    assert.deepEqual(await foldersIn(join(root, "texts")), []);
  });
});
