/**
 * @file Inception-ResNet-v2 as the figures of its paper have it, which is not what was released.
 *
 * Szegedy, Ioffe, Vanhoucke, Alemi, arXiv 1602.07261, figure 15, with the blocks of figures 3, 16, 7,
 * 17, 18 and 19. `inception-resnet-v2.ts` says how to read the notation, and what the release changed.
 *
 * Where the figures contradict themselves: a sum needs as many channels on both sides, so the linear
 * 1x1 of a block has those of its input. Figure 17 writes 1154, where reduction A gives 384 + 384 +
 * 384 = 1152; figure 19 writes 2048, where reduction B gives 1152 + 384 + 288 + 320 = 2144. The sizes in
 * figure 15 are those of Inception-ResNet-v1, as its caption says. The paper gives no residual scales,
 * only "between 0.1 and 0.3": here are those of the release. Nobody published weights.
 */
import { stem } from "./inception-v4.js";
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
export function inceptionResNetV2Paper(): Network {
  return sequence("inception_resnet_v2_paper",
    image(299, 299, 3),
    stem(),                                                      is(35, 35, 384),

    stage("Inception-ResNet-A", repeat("block35", 5, block35()), is(35, 35, 384)),
    stage("Reduction-A", mixed6a(),                              is(17, 17, 1152)),

    stage("Inception-ResNet-B",
      repeat("block17", 10, block17()),                          is(17, 17, 1152)),
    stage("Reduction-B", mixed7a(),                              is(8, 8, 2144)),

    stage("Inception-ResNet-C", repeat("block8", 5, block8()),   is(8, 8, 2144)),

    stage("Global average pool", globalAvgPool(),                is(2144)),
    stage("Dropout and FC", dropout(0.2), classifier(1000)),
  );
}

const block35 = () =>
  residual(
    { scale: 0.17 },
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

// biome-ignore format: a line is a branch
const block17 = () =>
  residual(
    { scale: 0.1 },
    [conv("1x1", 192)],
    [conv("1x1", 128), conv("1x7", 160), conv("7x1", 192)],
  );

const mixed7a = () =>
  concat(
    "mixed_7a",
    [conv("1x1", 256), conv("3x3", 384, V, { stride: 2 })],
    [conv("1x1", 256), conv("3x3", 288, V, { stride: 2 })],
    [conv("1x1", 256), conv("3x3", 288), conv("3x3", 320, V, { stride: 2 })],
    [maxPool("3x3", V, { stride: 2 })],
  );

// biome-ignore format: a line is a branch
const block8 = () =>
  residual(
    { scale: 0.2 },
    [conv("1x1", 192)],
    [conv("1x1", 192), conv("1x3", 224), conv("3x1", 256)],
  );
