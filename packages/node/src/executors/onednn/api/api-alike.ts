/**
 * @file The primitives that both interfaces of oneDNN describe with the same arguments in the same
 * order. 3.x wants a dilation besides, wherever there is a window.
 */
import {
  type Api,
  algorithmOf,
  binaries,
  type Convolution,
  dimsOf,
  type Pooling,
  poolings,
  reductionSum,
} from "./api.js";
import type { Native } from "./library.js";

/** The beginnings of their functions' names. */
type Alike =
  | "dnnl_binary"
  | "dnnl_convolution_forward"
  | "dnnl_convolution_backward_data"
  | "dnnl_convolution_backward_weights"
  | "dnnl_pooling_forward"
  | "dnnl_pooling_backward"
  | "dnnl_matmul"
  | "dnnl_reduction";

/** Calls the function of an interface that describes a primitive. */
type Describe = (
  what: Alike,
  given: readonly unknown[],
  attributes: Native,
  hint?: bigint,
) => bigint;

/** These primitives, with what an interface wants for a dilation. */
export function alike(
  describe: Describe,
  dilation: readonly Native[],
): Pick<
  Api,
  | "binary"
  | "convolution"
  | "convolutionData"
  | "convolutionWeights"
  | "pooling"
  | "poolingBackward"
  | "matmul"
  | "sum"
> {
  const window = ({ stride, padding }: Convolution) => [
    dimsOf(stride),
    ...dilation,
    dimsOf(padding),
    dimsOf(padding),
  ];
  const poolWindow = ({ stride, kernel, padding }: Pooling) => [
    dimsOf(stride),
    dimsOf(kernel),
    ...dilation,
    dimsOf(padding),
    dimsOf(padding),
  ];
  return {
    binary: (of, a, b, dst, attributes) =>
      describe("dnnl_binary", [binaries[of], a, b, dst], attributes),
    convolution(kind, of, attributes) {
      const { src, weights, bias, dst } = of;
      const given = [kind, algorithmOf(of), src, weights, bias, dst, ...window(of)];
      return describe("dnnl_convolution_forward", given, attributes);
    },
    convolutionData(of, hint, attributes) {
      const given = [algorithmOf(of), of.src, of.weights, of.dst, ...window(of)];
      return describe("dnnl_convolution_backward_data", given, attributes, hint);
    },
    convolutionWeights(of, hint, attributes) {
      const given = [algorithmOf(of), of.src, of.weights, of.bias, of.dst, ...window(of)];
      return describe("dnnl_convolution_backward_weights", given, attributes, hint);
    },
    pooling(kind, of, attributes) {
      const given = [kind, poolings[of.kind], of.src, of.dst, ...poolWindow(of)];
      return describe("dnnl_pooling_forward", given, attributes);
    },
    poolingBackward(of, hint, attributes) {
      const given = [poolings[of.kind], of.src, of.dst, ...poolWindow(of)];
      return describe("dnnl_pooling_backward", given, attributes, hint);
    },
    matmul: ({ a, b, bias, dst }, attributes) =>
      describe("dnnl_matmul", [a, b, bias, dst], attributes),
    sum: (src, dst, attributes) =>
      describe("dnnl_reduction", [reductionSum, src, dst, 0, 0], attributes),
  };
}
