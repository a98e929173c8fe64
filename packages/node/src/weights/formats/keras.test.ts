import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import type { KerasFile } from "@inception-resnet-v2/core/internal/weights/formats/keras-file.js";
import { fromHwio } from "@inception-resnet-v2/core/internal/weights/sources/hwio.js";
import { kerasNames } from "@inception-resnet-v2/core/internal/weights/sources/keras.js";
import {
  kerasFixture,
  smallKerasParameters,
} from "@inception-resnet-v2/test/helpers/small-keras.js";
import { hdf5Parts } from "./hdf5/write-hdf5.js";
import { readKeras } from "./keras.js";

const read = (name: string): KerasFile => readKeras(kerasFixture(name), name);

describe("readKeras()", () => {
  const parameters = smallKerasParameters();
  const files: [name: string, what: string][] = [
    ["released.h5", "the layout of the released files"],
    ["released-split.h5", "the same with its list of layers in parts"],
    ["compressed.h5", "the same, compressed"],
    ["numbered.weights.h5", "Keras 3's weights"],
    ["v108.weights.h5", "the same in newer structures of HDF5"],
    ["latest.weights.h5", "the same in the newest"],
    ["explicit.weights.h5", "Keras 3's weights with the released names"],
    ["notop.weights.h5", "Keras 3's weights without a classifier"],
    ["shifted.h5", "a whole model as .h5, numbered from another number on"],
    ["shifted.keras", "a whole model as .keras, numbered from another number on"],
    ["tuned.h5", "a model inside of one, frozen, with an optimizer, as .h5"],
    ["tuned.keras", "the same as .keras"],
  ];
  for (const [name, what] of files) {
    it(`finds every parameter, bit for bit, in ${what}`, () => {
      const file = read(name);
      const found = kerasNames(file, parameters.keys(), name);
      const expected = [...parameters].filter(
        ([one]) => !name.startsWith("notop") || !one.startsWith("logits/"),
      );
      assert.deepEqual(
        [...found.keys()],
        expected.map(([one]) => one),
      );
      assert.equal(new Set(found.values()).size, file.entries.size); // nothing is left over
      for (const [one, value] of expected) {
        const entry = found.get(one) ?? "";
        const shape = file.entries.get(entry)?.shape ?? [];
        assert.deepEqual(fromHwio(tensor(shape, file.floats(entry))), value, one);
      }
    });
  }

  it("passes on what files say of themselves", () => {
    assert.equal(read("released.h5").metadata.get("keras_version"), "2.0.6");
    assert.equal(read("shifted.h5").metadata.get("keras_version"), "3.15.1");
    assert.match(read("shifted.h5").metadata.get("model_config") ?? "", /"Functional"/);
    assert.match(read("shifted.keras").metadata.get("metadata.json") ?? "", /"3\.15\.1"/);
    assert.match(read("shifted.keras").metadata.get("config.json") ?? "", /"Functional"/);
  });

  it("gives layers in the order of the graph, with the names that Keras gave", () => {
    const convolutions = (file: string) =>
      read(file)
        .layers.filter(({ variables }) => variables.has("kernel"))
        .map(({ name }) => name)
        .slice(0, 4);
    assert.deepEqual(convolutions("released.h5"), [
      "Conv2d_1a_3x3",
      "Mixed_5b_Branch_2_Conv2d_0a_1x1",
      "Mixed_5b_Branch_1_Conv2d_0a_1x1",
      "Mixed_5b_Branch_2_Conv2d_0b_3x3",
    ]);
    assert.deepEqual(convolutions("numbered.weights.h5"), [
      "conv2d",
      "conv2d_4",
      "conv2d_2",
      "conv2d_5",
    ]);
  });

  /** A file of HDF5 that Keras did not write. */
  const other = (path: string) =>
    Buffer.concat([
      ...hdf5Parts(new Map([[path, { shape: [1], data: () => Float32Array.of(1) }]])),
    ]);

  it("refuses HDF5 without layers", () => {
    assert.throws(() => readKeras(other("a/b"), "x"), {
      name: "ModelError",
      code: "WEIGHTS_FORMAT",
      message: 'Cannot read weights "x": expected layers of Keras with their variables, got "a/b"',
    });
  });

  it("refuses an archive without weights", () => {
    const bytes = kerasFixture("shifted.keras");
    const archive = Buffer.from(bytes.buffer);
    for (let at = archive.indexOf("model.weights"); at >= 0; ) {
      archive.write("Model", at);
      at = archive.indexOf("model.weights", at);
    }
    assert.throws(() => readKeras(bytes, "x"), {
      name: "ModelError",
      code: "WEIGHTS_FORMAT",
      message:
        'Cannot read weights "x": expected a .keras archive with model.weights.h5, got "metadata.json", "config.json", "Model.weights.h5"',
    });
  });

  it("refuses a list that names what is not there", () => {
    const bytes = kerasFixture("released.h5");
    const file = Buffer.from(bytes.buffer);
    const listed = "Conv2d_1a_3x3/kernel:0";
    file.write("Conv2d_1a_3x3/Kernel:0", file.indexOf(listed));
    assert.throws(() => readKeras(bytes, "x"), {
      name: "ModelError",
      code: "WEIGHTS_INCOMPLETE",
      message:
        'Cannot read weights "x": expected a dataset "Conv2d_1a_3x3/Conv2d_1a_3x3/Kernel:0", got none',
    });
  });
});
