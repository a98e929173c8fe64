/**
 * @file The small network of scripts/python/keras_network.py in our words, its parameters, and the
 * files in which Keras and h5py have put them.
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import {
  avgPool,
  classifier,
  concat,
  conv,
  globalAvgPool,
  image,
  maxPool,
  repeat,
  residual,
  sequence,
  V,
} from "@inception-resnet-v2/core/internal/architecture/layers.js";
import { lower } from "@inception-resnet-v2/core/internal/architecture/lower.js";
import {
  sizeOf,
  type Tensor,
  type Tensors,
  tensor,
} from "@inception-resnet-v2/core/internal/tensor/tensor.js";
import { repositoryFile } from "./paths.js";

/** Its parameters in canonical order: element i of parameter k is k + (i + 1) / 4096. */
export function smallKerasParameters(): Tensors {
  const { parameters } = lower(smallKerasNetwork());
  return new Map(
    parameters.map(({ name, shape }, index): [string, Tensor] => {
      const data = Float32Array.from({ length: sizeOf(shape) }, (_, at) => index + (at + 1) / 4096);
      return [name, tensor(shape, data)];
    }),
  );
}

function smallKerasNetwork() {
  const block35 = residual(
    { scale: 0.17 },
    [conv("1x1", 1)],
    [conv("1x1", 1), conv("3x3", 2)],
    [conv("1x1", 2), conv("3x3", 1), conv("3x3", 2)],
  );
  return sequence(
    "small_keras",
    image(35, 35, 3),
    conv("3x3", 2, V, { stride: 2, name: "conv2d_1a" }),
    concat(
      "mixed_5b",
      [conv("1x1", 2)],
      [conv("1x1", 1), conv("5x5", 2)],
      [conv("1x1", 2), conv("3x3", 1), conv("3x3", 2)],
      [avgPool("3x3"), conv("1x1", 1)],
    ),
    repeat("block35", 1, block35),
    concat(
      "mixed_6a",
      [conv("3x3", 2, V, { stride: 2 })],
      [conv("1x1", 1), conv("3x3", 2), conv("3x3", 1, V, { stride: 2 })],
      [maxPool("3x3", V, { stride: 2 })],
    ),
    conv("1x1", 3, { name: "conv2d_7b" }),
    globalAvgPool(),
    classifier(4),
  );
}

/** A file of test/golden/keras, which scripts/python/make-keras-fixtures.py made. */
export function kerasFixture(name: string): Uint8Array {
  const packed = readFileSync(repositoryFile(`test/golden/keras/${name}.gz`));
  return new Uint8Array(gunzipSync(packed));
}
