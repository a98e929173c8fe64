/**
 * @file Inception-v4, the whole network in one file, input at the top: Inception blocks without
 * residuals, the fourth member of the ensemble behind the 3.1 % top-5 error.
 *
 * Szegedy, Ioffe, Vanhoucke, Alemi: "Inception-v4, Inception-ResNet and the Impact of Residual
 * Connections on Learning", arXiv 1602.07261, figure 9, with the blocks of figures 3 to 8. The
 * weights that slim released and timm ported are of this very network. `inception-resnet-v2.ts` says
 * how to read the notation.
 */
import { auxiliaryHead } from "./inception-resnet-v2.js";
import {
  type AuxiliaryHead,
  avgPool,
  classifier,
  concat,
  conv,
  dropout,
  globalAvgPool,
  image,
  is,
  type Layer,
  maxPool,
  type Network,
  repeat,
  sequence,
  stage,
  V,
} from "./layers.js";

// biome-ignore format: laid out like the figure
/** The released network: 299x299 RGB in -1...1 to 1000 logits. */
export function inceptionV4(): Network {
  return sequence("inception_v4",
    image(299, 299, 3),
    stem(),                                                      is(35, 35, 384),

    stage("Inception-A", repeat("inception_a", 4, inceptionA()), is(35, 35, 384)),
    stage("Reduction-A", reductionA(),                           is(17, 17, 1024)),

    stage("Inception-B", repeat("inception_b", 7, inceptionB()), is(17, 17, 1024)),
    stage("Reduction-B", reductionB(),                           is(8, 8, 1536)),

    stage("Inception-C", repeat("inception_c", 3, inceptionC()), is(8, 8, 1536)),

    stage("Global average pool", globalAvgPool(),                is(1536)),
    stage("Dropout and FC", dropout(0.2), classifier(1000)),
  );
}

// biome-ignore format: laid out like the figure
/** Figure 3: the stem of Inception-v4 and of the paper's Inception-ResNet-v2. */
export const stem = (): Layer =>
  stage("Stem",
    conv("3x3", 32, V, { stride: 2, name: "conv2d_1a" }),        is(149, 149, 32),
    conv("3x3", 32, V, { name: "conv2d_2a" }),                   is(147, 147, 32),
    conv("3x3", 64, { name: "conv2d_2b" }),                      is(147, 147, 64),
    concat("mixed_3a",
      [maxPool("3x3", V, { stride: 2 })],
      [conv("3x3", 96, V, { stride: 2 })]),                      is(73, 73, 160),
    concat("mixed_4a",
      [conv("1x1", 64), conv("3x3", 96, V)],
      [conv("1x1", 64), conv("1x7", 64), conv("7x1", 64), conv("3x3", 96, V)]),
                                                                 is(71, 71, 192),
    concat("mixed_5a",
      [conv("3x3", 192, V, { stride: 2 })],
      [maxPool("3x3", V, { stride: 2 })]),                       is(35, 35, 384));

const inceptionA = () =>
  concat(
    [conv("1x1", 96)],
    [conv("1x1", 64), conv("3x3", 96)],
    [conv("1x1", 64), conv("3x3", 96), conv("3x3", 96)],
    [avgPool("3x3"), conv("1x1", 96)],
  );

const reductionA = () =>
  concat(
    "reduction_a",
    [conv("3x3", 384, V, { stride: 2 })],
    [conv("1x1", 192), conv("3x3", 224), conv("3x3", 256, V, { stride: 2 })],
    [maxPool("3x3", V, { stride: 2 })],
  );

// biome-ignore format: a line is a branch
const inceptionB = () =>
  concat(
    [conv("1x1", 384)],
    [conv("1x1", 192), conv("1x7", 224), conv("7x1", 256)],
    [conv("1x1", 192), conv("7x1", 192), conv("1x7", 224), conv("7x1", 224), conv("1x7", 256)],
    [avgPool("3x3"), conv("1x1", 128)],
  );

const reductionB = () =>
  concat(
    "reduction_b",
    [conv("1x1", 192), conv("3x3", 192, V, { stride: 2 })],
    [conv("1x1", 256), conv("1x7", 256), conv("7x1", 320), conv("3x3", 320, V, { stride: 2 })],
    [maxPool("3x3", V, { stride: 2 })],
  );

const inceptionC = () =>
  concat(
    [conv("1x1", 256)],
    [conv("1x1", 384), fork()],
    [conv("1x1", 384), conv("3x1", 448), conv("1x3", 512), fork()],
    [avgPool("3x3"), conv("1x1", 256)],
  );

const fork = () => concat([conv("1x3", 256)], [conv("3x1", 256)]);

/** slim's auxiliary classifier, the same as Inception-ResNet-v2's, on the 17x17 grid. */
export const inceptionV4Auxiliary = (): AuxiliaryHead => ({
  ...auxiliaryHead(),
  after: "inception_b_7",
});
