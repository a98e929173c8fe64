import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { InputError } from "@inception-resnet-v2/core/internal/errors.js";
import type { Pixels } from "@inception-resnet-v2/core/internal/image/pixels.js";
import { repositoryFile, sharedFile } from "@inception-resnet-v2/test/helpers/paths.js";
import { readImage } from "./read-node.js";

interface Golden {
  readonly madeWith: { readonly pillow: string };
  readonly cases: readonly {
    readonly file: string;
    readonly error?: true;
    readonly size?: readonly [width: number, height: number];
    readonly sha256?: string;
  }[];
}

const golden: Golden = JSON.parse(
  readFileSync(repositoryFile("test/golden/pixels-decode.json"), "utf8"),
);

/** Files that we and Pillow see differently, and why. */
const differences: Readonly<Record<string, string>> = {
  "pillow/exif_imagemagick_orientation.png": "orientation in a text chunk is not read",
  "pillow/xmp_tags_orientation.png": "orientation in XMP is not read",
  "pillow/xmp_tags_orientation_exiftool.png": "orientation in XMP is not read",
  "sharp/pitm.avif": "another AV1 decoder",
  "sharp/sdr_cosmos12920_cicp1-13-6_yuv444_full_qp10.avif": "another AV1 decoder",
  "pillow/png_decompression_dos.png": "Pillow reads the text chunk that is the bomb",
  "pillow/truncated_end_chunk.png": "the pixels are whole",
  "sharp/cielab-dagams.tiff": "Pillow knows no 16-bit CIELAB",
  "sharp/relax.jp2": "JPEG 2000 is not read here",
  "sharp/relax_tileparts.jp2": "JPEG 2000 is not read here",
};

describe("readImage() on odd, broken and hostile files", () => {
  const { path: shared, skip } = sharedFile("edge-cases");

  it("gives pixels or one sentence for each", { skip }, async () => {
    const files = readdirSync(shared, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    assert.ok(files.length > 300);
    for (const { parentPath, name } of files) {
      const file = join(parentPath, name);
      const result = await readImage(file, {}).catch((error: unknown) => error);
      if (result instanceof InputError) {
        assert.match(result.code, /^IMAGE_(CORRUPT|EMPTY|FORMAT|TOO_LARGE)$/, file);
        assert.ok(result.message.includes(`"${file}"`), result.message);
        assert.match(
          result.message,
          /^Cannot (read|decode) image .*: expected .*, got [^\n]*[^.\n]$/,
        );
      } else {
        const { width, height, data } = result as Pixels;
        assert.equal(data.length, width * height * 3, file);
      }
    }
  });

  it("turns the eight EXIF orientations into one picture, up to JPEG noise", { skip }, async () => {
    for (const shape of ["Landscape", "Portrait"]) {
      const upright = await readImage(join(shared, `exif/${shape}_1.jpg`), {});
      for (let orientation = 2; orientation <= 8; orientation++) {
        const turned = await readImage(join(shared, `exif/${shape}_${orientation}.jpg`), {});
        assert.deepEqual([turned.width, turned.height], [upright.width, upright.height]);
        assert.ok(meanDifference(turned, upright) < 8, `${shape}_${orientation}`);
      }
    }
  });
});

describe(`readImage() beside Pillow ${golden.madeWith.pillow}`, () => {
  for (const folder of ["edge-cases", "datasets"]) {
    const { path, skip } = sharedFile(folder);
    const cases = golden.cases.filter(({ file }) => file.startsWith(`${folder}/`));

    it(`gives the same bytes, or an error where Pillow does: ${folder}`, { skip }, async () => {
      assert.ok(cases.length > 50);
      for (const one of cases) {
        const file = one.file.slice(folder.length + 1);
        const result = await readImage(join(path, file), {}).catch((error: unknown) => error);
        const isSame =
          result instanceof InputError
            ? one.error === true
            : one.sha256 ===
              createHash("sha256")
                .update((result as Pixels).data)
                .digest("hex");
        assert.equal(isSame, !(file in differences), `${file}: ${differences[file] ?? "differs"}`);
      }
    });
  }
});

function meanDifference(a: Pixels, b: Pixels): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += Math.abs((a.data[i] ?? 0) - (b.data[i] ?? 0));
  return sum / a.data.length;
}
