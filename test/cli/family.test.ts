import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Tensor, tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { readSafetensors } from "@inception-resnet-v2/core/internal/weights/formats/safetensors.js";
import { loadWeights } from "inception-resnet-v2/internal/weights/load.js";
import { writeSafetensors } from "inception-resnet-v2/internal/weights/write-safetensors.js";
import { colorPhotos } from "../helpers/color-photos.js";
import { runIrv2 } from "../helpers/run-irv2.js";
import { smallModelFolder } from "../helpers/small-model.js";

describe("irv2, given a member of the family where another is meant,", () => {
  let v4: { folder: string; weights: string };
  let photos: { folder: string; photos: string };
  const data = () => ["--data", photos.photos, "--epochs", "1", "--batch", "6"];
  const refused = async (args: readonly string[], code: number, sentence: string) => {
    const result = await runIrv2(args);
    assert.deepEqual([result.code, result.stderr.trim().split("\n").at(-1)], [code, sentence]);
  };

  before(async () => {
    v4 = await smallModelFolder("inception_v4");
    photos = await colorPhotos({ train: 4, validation: 2 });
  });
  after(async () => {
    for (const { folder } of [v4, photos]) await rm(folder, { recursive: true });
  });

  it("names both", async () => {
    const names =
      "expected weights of Inception-ResNet-v1 (inception_resnet_v1), got weights of Inception-v4 (inception_v4)";
    const sentence = `irv2: Cannot use weights "${v4.weights}": ${names}`;
    const asked = ["--weights", v4.weights, "--arch", "inception_resnet_v1"];
    await refused(["classify", join(photos.photos, "val/red/00.png"), ...asked], 4, sentence);
    const run = join(photos.folder, "never");
    await refused(["train", ...data(), ...asked, "--out", run], 4, sentence);
    const out = join(photos.folder, "never.onnx");
    const args = ["export", v4.weights, "--arch", "inception_resnet_v1", "--out", out];
    await refused(args, 4, sentence);
    await refused(["import", v4.weights, "--arch", "inception_resnet_v1"], 4, sentence);
    for (const verb of ["evaluate", "plan", "lr-find"]) {
      await refused([verb, "--data", photos.photos, ...asked], 4, sentence);
    }
    const calibrated = ["--out", join(photos.folder, "never.safetensors")];
    await refused(["calibrate", "--data", photos.photos, ...asked, ...calibrated], 4, sentence);
    for (const path of [run, out, ...calibrated.slice(1)])
      await assert.rejects(readFile(path), { code: "ENOENT" });
  });

  it("says that the model of the package is another", async () => {
    await refused(
      ["classify", join(photos.photos, "val/red/00.png"), "--arch", "inception_v4"],
      4,
      'irv2: Cannot use weights "everyday": expected weights of Inception-v4 (inception_v4), got weights of Inception-ResNet-v2 (inception_resnet_v2)',
    );
  });

  it("lists the networks for an unknown one", async () => {
    for (const verb of ["summary", "train", "classify x.png", "export", "benchmark"]) {
      const { code, stderr } = await runIrv2([...verb.split(" "), "--arch", "inception_v3"]);
      assert.equal(code, 2);
      assert.match(
        stderr,
        /argument 'inception_v3' is invalid\. Allowed choices are inception_resnet_v2, inception_v4, inception_resnet_v1, inception_resnet_v2_paper\./,
      );
    }
  });

  it("refuses an auxiliary classifier where there is none", async () => {
    const args = ["train", ...data(), "--arch", "inception_resnet_v1", "--aux"];
    const { code, stderr } = await runIrv2([...args, "--out", join(photos.folder, "never")]);
    assert.equal(code, 2);
    assert.match(
      stderr,
      /Option "auxiliary" is out of range: expected false for inception_resnet_v1, which has no auxiliary classifier, got true/,
    );
  });
});

describe("files from before there were several networks", () => {
  let folder: string;
  let photos: string;
  const at = (name: string) => join(folder, name);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "irv2-"));
    ({ photos } = await colorPhotos({ train: 4, validation: 2 }));
    const small = ["--width", "0.1", "--input-size", "75", "--batch", "6", "--epochs", "2"];
    const args = ["train", "--data", photos, ...small, "--out", at("run"), "--stop-after", "1"];
    assert.equal((await runIrv2(args)).code, 0);
  });

  /** Rewrites a safetensors file with other metadata. */
  async function describe(path: string, change: (texts: Map<string, string>) => void) {
    const file = readSafetensors(await readFile(path), path);
    const texts = new Map(file.metadata);
    change(texts);
    const tensors = [...file.entries].map(([name, { shape }]): [string, Tensor] => [
      name,
      tensor(shape, file.floats(name)),
    ]);
    await writeSafetensors(path, new Map(tensors), { metadata: Object.fromEntries(texts) });
  }

  it("are of Inception-ResNet-v2: weights", async () => {
    const path = at("old.safetensors");
    await cp(at("run/weights/last.safetensors"), path);
    await describe(path, (texts) => {
      const { arch, ...network } = JSON.parse(texts.get("network") ?? "");
      assert.equal(arch, "inception_resnet_v2");
      texts.set("network", JSON.stringify(network));
    });
    assert.equal((await loadWeights(path)).network.arch, "inception_resnet_v2");
  });

  it("are of Inception-ResNet-v2: runs, which resume", async () => {
    await cp(at("run"), at("old"), { recursive: true });
    const config = JSON.parse(await readFile(at("old/config.json"), "utf8"));
    delete config.settings.arch;
    await writeFile(at("old/config.json"), JSON.stringify(config));
    await describe(at("old/state.safetensors"), (texts) => texts.delete("arch"));
    const { code, stderr } = await runIrv2(["train", "--resume", at("old")]);
    assert.equal(code, 0, stderr);
  });

  it("are refused beside another network's checkpoint", async () => {
    await cp(at("run"), at("mixed"), { recursive: true });
    await describe(at("mixed/state.safetensors"), (texts) => texts.set("arch", "inception_v4"));
    const { code, stderr } = await runIrv2(["train", "--resume", at("mixed")]);
    assert.equal(code, 4);
    assert.equal(
      stderr.trim(),
      `irv2: Cannot resume from "${at("mixed/state.safetensors")}": expected a checkpoint of Inception-ResNet-v2 (inception_resnet_v2), got one of Inception-v4 (inception_v4)`,
    );
  });
});
