import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { InputError } from "@inception-resnet-v2/core/internal/errors.js";
import { readablePath } from "../files/byte-path.js";
import { findImages, foldersIn, imagesUnder } from "./find-images.js";
import { LeftOutList, leftOutLines } from "./left-out.js";
import { readBytes } from "./read-node.js";

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

  it("tells what it passed over, and follows links without going round", async () => {
    const folder = join(root, "mixed");
    const png = Buffer.from("89504e470d0a1a0a", "hex");
    for (const [name, bytes] of Object.entries({
      "no-extension": png,
      "photo.png.bak": png,
      "wide.jxl": Buffer.from("ff0a00", "hex"),
      "notes.txt": "text",
      empty: "",
      "sub/1.png": png,
      "__MACOSX/._1.png": png,
      ".DS_Store": "",
      ".hidden.png": png,
    })) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), bytes);
    }
    mkdirSync(join(root, "elsewhere"));
    writeFileSync(join(root, "elsewhere/2.png"), png);
    for (const [name, to] of [
      ["link", "../elsewhere"],
      ["sub/up", ".."],
      ["sub/round", "../../mixed"],
      ["again", "sub"],
      ["above", ".."],
      ["gone", "nowhere"],
      ["null.png", "/dev/null"],
    ] as const) {
      symlinkSync(to, join(folder, name));
    }
    const leftOut = new LeftOutList();
    const expected = ["link/2.png", "no-extension", "photo.png.bak", "sub/1.png"];
    assert.deepEqual(await imagesUnder(folder, leftOut), expected);
    const counts = leftOut.list.map(({ why, count }) => `${count} ${why}`).sort();
    assert.deepEqual(counts, [
      "1 folder of the system",
      "1 hidden",
      "1 link that leads nowhere",
      "1 no file but a device or pipe",
      "1 no photo that is read (JPEG XL)",
      "2 no photo",
      "4 link to a folder that is searched anyway",
    ]);
    assert.deepEqual(
      leftOutLines(leftOut.list).find((line) => line.includes("anyway")),
      'left out, link to a folder that is searched anyway: "above", "again", "sub/round" and 1 more',
    );
  });

  it("reads folders and files whose names are no UTF-8", async () => {
    const folder = Buffer.from(join(root, "bytes-"));
    const latin1 = Buffer.concat([folder, Buffer.from("/K\xe4se", "latin1")]);
    mkdirSync(latin1, { recursive: true });
    writeFileSync(Buffer.concat([latin1, Buffer.from("/\xe9.jpg", "latin1")]), "bytes");
    const [found = "", ...others] = await imagesUnder(join(root, "bytes-"));
    assert.equal(others.length, 0);
    assert.equal(readablePath(found), "K\xe4se/\xe9.jpg");
    assert.equal(Buffer.from(await readBytes(join(root, "bytes-", found))).toString(), "bytes");
  });

  it("opens no folder that a pattern cannot match", async () => {
    const leftOut = new LeftOutList();
    const deep = join(root, "deep/a/b");
    mkdirSync(deep, { recursive: true });
    for (const place of ["deep/1.png", "deep/a/2.png", "deep/a/b/3.png", "deep/.h.png"]) {
      writeFileSync(join(root, place), "");
    }
    const like = async (pattern: string) =>
      (await findImages([join(root, pattern)], leftOut)).map((path) => path.slice(root.length + 1));
    assert.deepEqual(await like("deep/*.png"), ["deep/1.png"]);
    assert.deepEqual(await like("deep/*/*.png"), ["deep/a/2.png"]);
    assert.deepEqual(await like("dee?/**/3.png"), ["deep/a/b/3.png"]);
    assert.deepEqual(await like("deep/.*"), ["deep/.h.png"]);
    assert.deepEqual(
      leftOut.list.filter(({ why }) => why !== "hidden"),
      [],
    );
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
