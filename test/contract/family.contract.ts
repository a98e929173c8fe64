/**
 * @file What every network of the family must do on the command line: all verbs, from random weights and
 * photos to an exported file.
 */
import assert from "node:assert/strict";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  type ArchitectureName,
  findArchitecture,
} from "@inception-resnet-v2/core/internal/architecture/architecture.js";
import { readSafetensors } from "@inception-resnet-v2/core/internal/weights/formats/safetensors.js";
import { colorPhotos } from "../helpers/color-photos.js";
import { jsonLines, runIrv2 } from "../helpers/run-irv2.js";

/** Describes the tests of one network. */
export function familyContract(arch: ArchitectureName): void {
  describe(`irv2 --arch ${arch}`, () => {
    const { freezePoint, schemes, title } = findArchitecture(arch);
    let folder: string;
    let photos: string;
    let weights: string;
    const at = (name: string) => join(folder, name);
    /** The values that a verb prints, once it has ended well. */
    const irv2 = async <T = Record<string, unknown>>(...args: string[]): Promise<T[]> => {
      const { code, stdout, stderr } = await runIrv2([...args, "--json"]);
      assert.equal(code, 0, stderr);
      return jsonLines<T>(stdout);
    };
    const archOf = async (path: string) => {
      const { metadata } = readSafetensors(await readFile(path), path);
      return (JSON.parse(metadata.get("network") ?? "{}") as { arch?: string }).arch;
    };

    before(async () => {
      ({ folder, photos } = await colorPhotos({ train: 4, validation: 2 }));
      const small = ["--width", "0.1", "--input-size", "75", "--batch", "6", "--epochs", "1"];
      await irv2("train", "--arch", arch, "--data", photos, ...small, "--out", at("run"));
      weights = at("run/weights/last.safetensors");
    });
    after(() => rm(folder, { recursive: true }));

    it("trains, and writes down which network it is", async () => {
      const { settings } = JSON.parse(await readFile(at("run/config.json"), "utf8"));
      assert.equal(settings.arch, arch);
      assert.equal(await archOf(weights), arch);
    });

    it("resumes", async () => {
      const events = await irv2("train", "--resume", at("run"), "--extend-epochs", "1");
      assert.equal(events.at(-1)?.["event"], "done");
    });

    it("is fine-tuned from its freeze point on", async () => {
      const common = ["--data", photos, "--weights", weights, "--fine-tune"];
      const epochs = ["--head-epochs", "1", "--epochs", "1"];
      await irv2("train", ...common, ...epochs, "--out", at("tuned"));
      const { settings } = JSON.parse(await readFile(at("tuned/config.json"), "utf8"));
      assert.deepEqual(
        settings.phases.map(({ freeze }: { freeze: string }) => freeze),
        ["body", freezePoint],
      );
      assert.equal(await archOf(at("tuned/weights/last.safetensors")), arch);
    });

    it("is planned, and its learning rate found", async () => {
      const common = ["--data", photos, "--weights", weights, "--batch", "6"];
      const plans = await irv2("plan", ...common);
      assert.deepEqual(
        plans.map(({ arch: of, freeze }) => [of, freeze]),
        [
          [arch, "body"],
          [arch, freezePoint],
          [arch, "none"],
        ],
      );
      const rates = await irv2("lr-find", ...common, "--steps", "4");
      assert.equal(rates.at(-1)?.["event"], "found");
    });

    it("classifies, embeds, evaluates and is calibrated", async () => {
      const photo = join(photos, "val/red/00.png");
      const [classified] = await irv2<{ predictions: unknown[] }>("classify", photo, "-w", weights);
      assert.equal(classified?.predictions.length, 3);
      const random = ["-w", "random", "--arch", arch, "--input-size", "75", "-k", "2"];
      const [guessed] = await irv2<{ predictions: unknown[] }>("classify", photo, ...random);
      assert.equal(guessed?.predictions.length, 2);
      const [embedded] = await irv2<{ features: number[] }>("embed", photo, "-w", weights);
      assert.ok(embedded?.features.every(Number.isFinite));
      const [evaluated] = await irv2<{ images: number }>(
        ...["evaluate", "--data", photos, "-w", weights],
      );
      assert.equal(evaluated?.images, 6);
      const out = at("calibrated.safetensors");
      await irv2("calibrate", "--data", photos, "-w", weights, "--out", out);
      assert.equal(await archOf(out), arch);
    });

    it("is exported and comes back, as every format that has a place for it", async () => {
      const formats = [
        ["onnx", "out.onnx"],
        ["safetensors", "out.safetensors"],
        ["tfjs", "out-tfjs"],
        ...(schemes.includes("timm") ? [["timm", "timm.safetensors"] as const] : []),
        ...(schemes.includes("timm") ? [["torch", "out.pth"] as const] : []),
      ] as const;
      for (const [format, file] of formats) {
        await irv2("export", weights, "--out", at(file), "--format", format, "--arch", arch);
        const [report] = await irv2<{ network: { arch: string }; classes: number }>(
          ...["import", at(file), "--arch", arch],
        );
        assert.deepEqual([report?.network.arch, report?.classes], [arch, 3], format);
      }
    });

    it("is not written for a program that has no such network", async () => {
      for (const [format, scheme] of [
        ["timm", "timm"],
        ["keras", "keras"],
      ] as const) {
        if (schemes.includes(scheme)) continue;
        const args = ["export", weights, "--out", at("never"), "--format", format];
        const { code, stderr } = await runIrv2(args);
        assert.equal(code, 2);
        const having = {
          timm: "Inception-ResNet-v2 or Inception-v4",
          keras: "Inception-ResNet-v2",
        };
        assert.equal(
          stderr,
          `irv2: Cannot write weights for ${scheme}: expected ${having[scheme]}, got ${title}, which it does not have\n`,
        );
        await assert.rejects(readFile(at("never")), { code: "ENOENT" });
      }
    });

    it("is measured", async () => {
      const size = ["--width", "0.1", "--input-size", "75", "--batch", "1", "--runs", "1"];
      const [measured] = await irv2(
        ...["benchmark", "--arch", arch, "--engine", "onnxruntime", ...size],
      );
      assert.ok(Number(measured?.["runMs"]) > 0);
    });
  });
}
