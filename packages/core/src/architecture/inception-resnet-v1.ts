/**
 * @file Inception-ResNet-v1, the whole network in one file, input at the top: about as costly as
 * Inception-v3.
 *
 * Szegedy, Ioffe, Vanhoucke, Alemi, arXiv 1602.07261, figure 15, with the blocks of figures 14, 10, 7,
 * 11, 12 and 13; the sizes in figure 15 are this network's. `inception-resnet-v2.ts` says how to read
 * the notation.
 *
 * The paper gives no residual scales, only "between 0.1 and 0.3": here are those that slim released for
 * Inception-ResNet-v2. Nobody published ImageNet weights. facenet's network of this name is another:
 * a sixth, linear block8 and a bottleneck to face embeddings.
 */
import {
  classifier,
  concat,
  conv,
  dropout,
  globalAvgPool,
  image,
  is,
  maxPool,
  type Network,
  repeat,
  residual,
  sequence,
  stage,
  V,
} from "./layers.js";

// biome-ignore format: laid out like the figure
/** 299x299 RGB in -1...1 to 1000 logits. */
export function inceptionResNetV1(): Network {
  return sequence("inception_resnet_v1",
    image(299, 299, 3),

    stage("Stem",
      conv("3x3", 32, V, { stride: 2, name: "conv2d_1a" }),      is(149, 149, 32),
      conv("3x3", 32, V, { name: "conv2d_2a" }),                 is(147, 147, 32),
      conv("3x3", 64, { name: "conv2d_2b" }),                    is(147, 147, 64),
      maxPool("3x3", V, { stride: 2, name: "maxpool_3a" }),      is(73, 73, 64),
      conv("1x1", 80, { name: "conv2d_3b" }),                    is(73, 73, 80),
      conv("3x3", 192, V, { name: "conv2d_4a" }),                is(71, 71, 192),
      conv("3x3", 256, V, { stride: 2, name: "conv2d_4b" }),     is(35, 35, 256)),

    stage("Inception-ResNet-A", repeat("block35", 5, block35()), is(35, 35, 256)),
    stage("Reduction-A", mixed6a(),                              is(17, 17, 896)),

    stage("Inception-ResNet-B",
      repeat("block17", 10, block17()),                          is(17, 17, 896)),
    stage("Reduction-B", mixed7a(),                              is(8, 8, 1792)),

    stage("Inception-ResNet-C", repeat("block8", 5, block8()),   is(8, 8, 1792)),

    stage("Global average pool", globalAvgPool(),                is(1792)),
    stage("Dropout and FC", dropout(0.2), classifier(1000)),
  );
}

const block35 = () =>
  residual(
    { scale: 0.17 },
    [conv("1x1", 32)],
    [conv("1x1", 32), conv("3x3", 32)],
    [conv("1x1", 32), conv("3x3", 32), conv("3x3", 32)],
  );

const mixed6a = () =>
  concat(
    "mixed_6a",
    [conv("3x3", 384, V, { stride: 2 })],
    [conv("1x1", 192), conv("3x3", 192), conv("3x3", 256, V, { stride: 2 })],
    [maxPool("3x3", V, { stride: 2 })],
  );

// biome-ignore format: a line is a branch
const block17 = () =>
  residual(
    { scale: 0.1 },
    [conv("1x1", 128)],
    [conv("1x1", 128), conv("1x7", 128), conv("7x1", 128)],
  );

const mixed7a = () =>
  concat(
    "mixed_7a",
    [conv("1x1", 256), conv("3x3", 384, V, { stride: 2 })],
    [conv("1x1", 256), conv("3x3", 256, V, { stride: 2 })],
    [conv("1x1", 256), conv("3x3", 256), conv("3x3", 256, V, { stride: 2 })],
    [maxPool("3x3", V, { stride: 2 })],
  );

// biome-ignore format: a line is a branch
const block8 = () =>
  residual(
    { scale: 0.2 },
    [conv("1x1", 192)],
    [conv("1x1", 192), conv("1x3", 192), conv("3x1", 192)],
  );
