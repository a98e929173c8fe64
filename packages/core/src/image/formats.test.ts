import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatOf, hasImageExtension, isRead } from "./formats.js";

const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

describe("formatOf()", () => {
  const starts: [format: string, start: string][] = [
    ["JPEG", "\xff\xd8\xff\xe0..JFIF"],
    ["PNG", "\x89PNG\r\n\x1a\n...."],
    ["WebP", "RIFF....WEBPVP8 "],
    ["GIF", "GIF89a"],
    ["AVIF", "\0\0\0\x20ftypavif"],
    ["AVIF", "\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf"],
    ["TIFF", "II*\0"],
    ["TIFF", "MM\0+"],
    ["HEIC", "\0\0\0\x18ftypheic\0\0\0\0mif1heic"],
    ["MP4 video", "\0\0\0\x20ftypisom"],
    ["JPEG XL", "\xff\x0a"],
    ["JPEG 2000", "\0\0\0\x0cjP  \r\n"],
    ["PDF", "%PDF-1.7"],
    ["BMP", "BM....\0\0\0\x006\0\0\0(\0\0\0"],
    ["PNM", "P6\n2 2\n255\n"],
    ["ICO", "\0\0\x01\0"],
    ["Photoshop document", "8BPS"],
    ["ZIP archive", "PK\x03\x04"],
    ["SVG", "<svg xmlns='http://www.w3.org/2000/svg'>"],
    ["SVG", "\xef\xbb\xbf<?xml version='1.0'?>\n<!-- made by hand -->\n<!DOCTYPE svg>\n<svg>"],
    ["HTML", "\n<!doctype html><title>404</title>"],
    ["an unknown format", "The RIFF is not at the start"],
    ["an unknown format", "RIFF....WAVE"],
    ["an unknown format", "BMW and other cars, a list of them"],
    ["an unknown format", ""],
  ];
  for (const [format, start] of starts) {
    it(`finds ${format} in ${JSON.stringify(start)}`, () => {
      assert.equal(formatOf(bytes(start)), format);
    });
  }

  it("reads eight formats and no other", () => {
    const read = new Set(starts.map(([format]) => format).filter(isRead));
    assert.deepEqual([...read], ["JPEG", "PNG", "WebP", "GIF", "AVIF", "TIFF", "HEIC", "BMP"]);
  });
});

describe("hasImageExtension()", () => {
  it("knows the extensions of the formats read, in any case", () => {
    for (const file of ["a.jpg", "a.b.JPEG", "x/y.PnG", "a.tif", ".webp"]) {
      assert.ok(hasImageExtension(file), file);
    }
    for (const file of ["a.svg", "jpg", "a.jpg.txt", ""]) assert.ok(!hasImageExtension(file), file);
  });
});
