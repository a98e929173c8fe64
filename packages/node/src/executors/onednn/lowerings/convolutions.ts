/**
 * @file Convolutions and their gradients as primitives.
 *
 * What follows a convolution is done as it writes its result: the factor of a residual branch, the
 * sum with the shortcut, ReLU. The input gradient of a 1x1 convolution is itself a 1x1 convolution,
 * of dy by the transposed weights, and so can add itself to a gradient that is there already.
 */
import type { Node, Value } from "@inception-resnet-v2/core/internal/graph/ir.js";
import type { Pair } from "@inception-resnet-v2/core/internal/graph/ops.js";
import type { Convolution, Layout } from "../api/api.js";
import type { Descriptor } from "../api/descriptor.js";
import { resultOf, type Siblings } from "../memory/side-by-side.js";
import type { Finish } from "../primitives.js";
import { args, type Placed } from "../runtime.js";
import { inference, type Lowering, type Site, training } from "./lowering.js";

/** y = x * weight + bias, with what follows. */
export const convolution: Lowering<"conv2d"> = (site, node) => {
  const siblings = site.siblings(node);
  if (siblings && convolveTogether(site, siblings)) return;
  const [x, weight, bias] = node.inputs as [Value, Value, Value | undefined];
  const { finishes, result, into } = following(site, node);
  const attributes = site.attributes(finishes);
  const ask = (shape: Convolution) =>
    site.recorder.describe(site.recorder.api.convolution(inference, shape, attributes));
  const shape: Convolution = {
    src: site.offer(x),
    weights: site.layout(weight.shape, site.activations, "any"),
    bias: bias && site.layout(bias.shape, "f32"),
    dst: into?.layout ?? site.offer(result),
    ...node.attributes,
    // Rounding decides the signs of some activations, and gradients with them: here it stays small.
    ...(site.trains && { algorithm: "direct" }),
  };
  const descriptor = choose(site, shape, ask, finishes.length > 0 ? [] : ["src", "dst"]);
  const src = site.request(x, descriptor.layout("src", shape.src));
  const dst = into ?? site.allocate(result, descriptor.layout("dst", shape.dst));
  site.run("conv2d", descriptor, [
    [args.src, src],
    [args.weights, site.weight(weight, descriptor.layout("weights", shape.weights))],
    ...(bias && shape.bias ? [[args.bias, site.weight(bias, shape.bias)] as const] : []),
    [args.dst, dst],
    ...site.operands(finishes),
  ]);
  site.bind(result, dst);
};

/**
 * Sibling 1x1 convolutions, each with its ReLU, as one; false if the library has nothing fast for
 * that or their weights do not go together.
 */
function convolveTogether(site: Site, { of, together: dst }: Siblings): boolean {
  const operands = (at: number) => of.map(({ convolution }) => convolution.inputs[at] as Value);
  const [x] = operands(0) as [Value];
  const channels = dst.layout.dims[1] ?? 1;
  const shape: Convolution = {
    src: site.offer(x),
    weights: site.layout([channels, x.shape[1] ?? 1, 1, 1], site.activations, "any"),
    bias: site.layout([channels], "f32"),
    dst: dst.layout,
    stride: [1, 1],
    padding: [0, 0],
  };
  const { api } = site.recorder;
  const attributes = site.attributes([{ kind: "relu" }]);
  const descriptor = site.recorder.describe(api.convolution(inference, shape, attributes));
  if (descriptor.isReference) return false;
  const weights = site.weights(operands(1), descriptor.layout("weights", shape.weights));
  const bias = site.weights(operands(2), shape.bias as Layout);
  if (!weights || !bias) return false;
  site.run("conv2d", descriptor, [
    [args.src, site.request(x, shape.src)],
    [args.weights, weights],
    [args.bias, bias],
    [args.dst, dst],
  ]);
  for (const sibling of of) {
    site.skip(sibling.convolution);
    site.skip(sibling.relu);
    site.bind(resultOf(sibling), site.target(resultOf(sibling)) as Placed);
  }
  return true;
}

interface Following {
  readonly finishes: readonly Finish[];
  /** The value that is written in the end. */
  readonly result: Value;
  /** A tensor that the result is added to where it lies. */
  readonly into?: Placed;
}

/** Takes along the factor, the sum and the ReLU that follow a convolution. */
function following(site: Site, node: Node<"conv2d">): Following {
  const finishes: Finish[] = [];
  let result = node.outputs[0] as Value;
  let into: Placed | undefined;
  const factor = site.follow(result, "scale");
  if (factor) {
    finishes.push({ kind: "linear", alpha: factor.attributes.factor, beta: 0 });
    site.skip(factor);
    result = factor.outputs[0] as Value;
  }
  const sum = site.follow(result, "add");
  const other = sum?.inputs.find((one) => one !== result);
  if (sum && other && site.isReady(other)) {
    site.skip(sum);
    result = sum.outputs[0] as Value;
    // oneDNN adds to what is there only as the first thing it does to a result.
    if (!factor) into = site.reuse(other, sum, site.preferredLayout(other));
    if (into) finishes.push({ kind: "sum", factor: 1 });
    else finishes.push({ kind: "binary", of: "add", with: site.get(other) });
  }
  const relu = site.follow(result, "relu");
  if (relu) {
    finishes.push({ kind: "relu" });
    site.skip(relu);
    result = relu.outputs[0] as Value;
  }
  return { finishes, result, ...(into && { into }) };
}

/** From so many multiply-adds on, transforming tiles for Winograd's algorithm pays (measured). */
const winogradFrom = 5e7;

/** Whether Winograd's algorithm for 3x3 kernels (Lavin and Gray 2015) is the faster one. */
function isWinogradFaster({ src, weights, dst, stride }: Convolution): boolean {
  const [k = 0, c = 0, kh, kw] = weights.dims;
  const [n = 0, , h = 0, w = 0] = dst.dims;
  if (src.type !== "f32" || kh !== 3 || kw !== 3 || stride[0] !== 1 || stride[1] !== 1)
    return false;
  return n * h * w * k * c * 9 >= winogradFrom;
}

/**
 * A primitive for the layouts on offer, by Winograd's algorithm where that pays, or for layouts of the
 * library's choice where it has nothing but its slow definition for those.
 */
function choose(
  site: Site,
  shape: Convolution,
  ask: (shape: Convolution) => Descriptor,
  free: readonly ("src" | "dst")[],
): Descriptor {
  if (!shape.algorithm && isWinogradFaster(shape)) {
    const winograd = attempt(() => ask({ ...shape, algorithm: "winograd" }));
    if (winograd) return winograd;
  }
  const offered = attempt(() => ask(shape));
  if (offered && !offered.isReference) return offered;
  const any = ({ dims, type }: Layout) => site.layout(dims, type, "any");
  const freed = { ...shape };
  for (const name of free) freed[name] = any(shape[name]);
  return attempt(() => ask(freed)) ?? offered ?? ask(shape);
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

/** What a gradient of a convolution is described with. */
interface GradientShape {
  readonly x: Value | { readonly shape: readonly number[] };
  readonly dy: Value;
  readonly stride: Pair;
  readonly padding: Pair;
}

function gradientShape(site: Site, of: GradientShape, weights: Layout, bias?: Layout): Convolution {
  const { stride, padding } = of;
  return { src: site.offer(of.x), weights, bias, dst: site.offer(of.dy), stride, padding };
}

/** The forward primitive that a gradient is asked along with. */
function hint(site: Site, shape: Convolution): Descriptor {
  const { api } = site.recorder;
  const weights = site.layout(shape.weights.dims, site.activations, "any");
  const forward = { ...shape, weights, bias: undefined };
  return site.recorder.describe(api.convolution(training, forward, site.recorder.attributes()));
}

/** dx from dy and the weights. */
export const inputGradient: Lowering<"conv2d_input_gradient"> = (site, node) => {
  const [dy, weight] = node.inputs as [Value, Value];
  const { stride, padding } = node.attributes;
  const [, , kh, kw] = weight.shape;
  if (kh === 1 && kw === 1 && stride[0] === 1 && stride[1] === 1 && padding[0] + padding[1] === 0) {
    pointwiseInputGradient(site, node);
    return;
  }
  const [dx] = node.outputs as [Value];
  const weights = site.layout(weight.shape, site.activations, "any");
  const shape = gradientShape(site, { x: dx, dy, stride, padding }, weights);
  const ask = (one: Convolution) =>
    site.recorder.describe(
      site.recorder.api.convolutionData(one, hint(site, one).handle, site.recorder.attributes()),
    );
  const descriptor = choose(site, shape, ask, ["src", "dst"]);
  const diffSrc = site.allocate(dx, descriptor.layout("diffSrc", shape.src));
  site.run("conv2d_input_gradient", descriptor, [
    [args.diffDst, site.request(dy, descriptor.layout("diffDst", shape.dst))],
    [args.weights, site.weight(weight, descriptor.layout("weights", weights))],
    [args.diffSrc, diffSrc],
  ]);
  site.bind(dx, diffSrc);
};

/** dx[c] = sum over k of w[k,c] dy[k], added to a gradient that waits for it. */
function pointwiseInputGradient(site: Site, node: Node<"conv2d_input_gradient">): void {
  const [dy, weight] = node.inputs as [Value, Value];
  const [k = 1, c = 1] = weight.shape;
  let result = node.outputs[0] as Value;
  let into: Placed | undefined;
  const sum = site.follow(result, "add");
  const before = sum?.inputs.find((one) => one !== result);
  if (sum && before && site.isReady(before)) {
    into = site.reuse(before, sum, site.preferredLayout(before));
    if (into) {
      site.skip(sum);
      result = sum.outputs[0] as Value;
    }
  }
  const attributes = site.attributes(into ? [{ kind: "sum", factor: 1 }] : []);
  const ask = (one: Convolution) =>
    site.recorder.describe(site.recorder.api.convolution(inference, one, attributes));
  const shape: Convolution = {
    src: site.offer(dy),
    weights: site.layout([c, k, 1, 1], site.activations, "any"),
    dst: into?.layout ?? site.offer(result),
    stride: [1, 1],
    padding: [0, 0],
  };
  const descriptor = choose(site, shape, ask, into ? ["src"] : ["src", "dst"]);
  const dst = into ?? site.allocate(result, descriptor.layout("dst", shape.dst));
  const weights = descriptor.layout("weights", shape.weights);
  site.run("conv2d_input_gradient", descriptor, [
    [args.src, site.request(dy, descriptor.layout("src", shape.src))],
    [args.weights, site.weight(weight, weights, "transposed")],
    [args.dst, dst],
  ]);
  site.bind(result, dst);
}

/** The primitive of a weight gradient: the layout it writes suits the weight. */
export function weightGradientDescriptor(
  site: Site,
  node: Node<"conv2d_weight_gradient">,
  bias?: Layout,
): { readonly descriptor: Descriptor; readonly shape: Convolution } {
  const [dy, x] = node.inputs as [Value, Value];
  const weight = node.outputs[0]?.shape ?? [];
  const weights = site.layout(weight, "f32", "any");
  const { stride, padding } = node.attributes;
  const shape = gradientShape(site, { x, dy, stride, padding }, weights, bias);
  const ask = (one: Convolution) =>
    site.recorder.describe(
      site.recorder.api.convolutionWeights(one, hint(site, one).handle, site.recorder.attributes()),
    );
  return { descriptor: choose(site, shape, ask, ["src", "dst"]), shape };
}

/** dweight from dy and x, and with it the gradient of the bias. */
export const weightGradient: Lowering<"conv2d_weight_gradient"> = (site, node) => {
  const [dy, x] = node.inputs as [Value, Value];
  const [dw] = node.outputs as [Value];
  const sum = site.reader(dy, "channel_sum");
  const bias = sum && site.layout([dy.shape[1] ?? 1], "f32");
  const { descriptor, shape } = weightGradientDescriptor(site, node, bias);
  const diffWeights = site.allocate(dw, descriptor.layout("diffWeights", shape.weights));
  const diffBias = sum && bias && site.allocate(sum.outputs[0], bias);
  site.run("conv2d_weight_gradient", descriptor, [
    [args.src, site.request(x, descriptor.layout("src", shape.src))],
    [args.diffDst, site.request(dy, descriptor.layout("diffDst", shape.dst))],
    [args.diffWeights, diffWeights],
    ...(diffBias ? [[args.diffBias, diffBias] as const] : []),
  ]);
  site.bind(dw, diffWeights);
  if (sum && diffBias) {
    site.skip(sum);
    site.bind(sum.outputs[0] as Value, diffBias);
  }
};
