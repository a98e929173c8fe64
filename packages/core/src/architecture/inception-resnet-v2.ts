/**
 * @file Inception-ResNet-v2, the whole network in one file, input at the top.
 *
 * Szegedy, Ioffe, Vanhoucke, Alemi: "Inception-v4, Inception-ResNet and the Impact of Residual
 * Connections on Learning", arXiv 1602.07261, in the form whose weights were released (2016-08-30).
 *
 * How to read it. The notation is the paper's: `conv("3x3", 32)` is the box "3x3 Conv (32)", and
 * every one is a convolution without bias, batch norm (epsilon 1e-3), ReLU. `V` marks valid padding;
 * all else keeps the grid. Branches that sit side by side in the figure sit one under the other
 * here and are joined along channels in that order. `is(35, 35, 320)` is no comment: height, width,
 * channels; building the network fails where the activation has another shape.
 *
 *                      figures in the paper      released, and here
 *   stem               branching, as in v4       straight, then mixed_5b
 *   A / B / C blocks   5 / 10 / 5                10 / 20 / 9 + 1 linear
 *   widths 35/17/8     384 / 1154 / 2048         320 / 1088 / 2080
 *   last 1x1 (1536)    absent                    present
 */
import {
  avgPool,
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
/** The released network: 299x299 RGB in -1...1 to 1000 logits. */
export function inceptionResNetV2(): Network {
  return sequence("inception_resnet_v2",
    image(299, 299, 3),

    stage("Stem",
      conv("3x3", 32, V, { stride: 2, name: "conv2d_1a" }),      is(149, 149, 32),
      conv("3x3", 32, V, { name: "conv2d_2a" }),                 is(147, 147, 32),
      conv("3x3", 64, { name: "conv2d_2b" }),                    is(147, 147, 64),
      maxPool("3x3", V, { stride: 2, name: "maxpool_3a" }),      is(73, 73, 64),
      conv("1x1", 80, V, { name: "conv2d_3b" }),                 is(73, 73, 80),
      conv("3x3", 192, V, { name: "conv2d_4a" }),                is(71, 71, 192),
      maxPool("3x3", V, { stride: 2, name: "maxpool_5a" }),      is(35, 35, 192)),

    stage("Inception-A", mixed5b(),                              is(35, 35, 320)),
    stage("Inception-ResNet-A",
      repeat("block35", 10, block35({ scale: 0.17 })),           is(35, 35, 320)),

    stage("Reduction-A", mixed6a(),                              is(17, 17, 1088)),
    stage("Inception-ResNet-B",
      repeat("block17", 20, block17({ scale: 0.1 })),            is(17, 17, 1088)),

    stage("Reduction-B", mixed7a(),                              is(8, 8, 2080)),
    stage("Inception-ResNet-C", // the tenth block is unscaled and linear
      repeat("block8", 9, block8({ scale: 0.2 })),               is(8, 8, 2080),
      block8({ scale: 1, relu: false, name: "block8_10" }),      is(8, 8, 2080)),

    stage("Conv 1×1", conv("1x1", 1536, { name: "conv2d_7b" }),  is(8, 8, 1536)),
    stage("Global average pool", globalAvgPool(),                is(1536)),
    stage("Dropout and FC", dropout(0.2), classifier(1000)),
  );
}

const mixed5b = () =>
  concat(
    "mixed_5b",
    [conv("1x1", 96)],
    [conv("1x1", 48), conv("5x5", 64)],
    [conv("1x1", 64), conv("3x3", 96), conv("3x3", 96)],
    [avgPool("3x3"), conv("1x1", 64)],
  );

const block35 = (options: { scale: number }) =>
  residual(
    options,
    [conv("1x1", 32)],
    [conv("1x1", 32), conv("3x3", 32)],
    [conv("1x1", 32), conv("3x3", 48), conv("3x3", 64)],
  );

const mixed6a = () =>
  concat(
    "mixed_6a",
    [conv("3x3", 384, V, { stride: 2 })],
    [conv("1x1", 256), conv("3x3", 256), conv("3x3", 384, V, { stride: 2 })],
    [maxPool("3x3", V, { stride: 2 })],
  );

const block17 = (options: { scale: number }) =>
  residual(options, [conv("1x1", 192)], [conv("1x1", 128), conv("1x7", 160), conv("7x1", 192)]);

const mixed7a = () =>
  concat(
    "mixed_7a",
    [conv("1x1", 256), conv("3x3", 384, V, { stride: 2 })],
    [conv("1x1", 256), conv("3x3", 288, V, { stride: 2 })],
    [conv("1x1", 256), conv("3x3", 288), conv("3x3", 320, V, { stride: 2 })],
    [maxPool("3x3", V, { stride: 2 })],
  );

const block8 = (options: { scale: number; relu?: boolean; name?: string }) =>
  residual(options, [conv("1x1", 192)], [conv("1x1", 192), conv("1x3", 224), conv("3x1", 256)]);

/** The classifier on the 17x17 grid that slim trains beside the main one, with loss weight 0.4. */
export const auxiliaryHead = () => ({
  after: "block17_20",
  layers: [
    avgPool("5x5", V, { stride: 3, name: "aux_avgpool_1a" }),
    conv("1x1", 128, { name: "aux_conv2d_1b" }),
    conv("grid", 768, V, { name: "aux_conv2d_2a" }), // 5x5 at 299
    classifier(1000, "aux_logits"),
  ],
});
