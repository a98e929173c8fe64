/**
 * @file Batch norm by the statistics of the batch, with the ReLU that follows it, and its gradient.
 *
 * Taken along, the ReLU leaves a mask of one bit or byte a number, which its gradient reads instead of
 * the result; neither ReLU nor its gradient then is a pass over memory.
 */
import type { Value } from "@inception-resnet-v2/core/internal/graph/ir.js";
import type { BatchNorm } from "../api/api.js";
import { args, type Placed } from "../runtime.js";
import { type Lowering, type Site, training } from "./lowering.js";

/** y, mean and variance from x. */
export const normalize: Lowering<"batch_norm_training"> = (site, node) => {
  const [x, beta, gamma] = node.inputs as [Value, Value, Value?];
  const [y, mean, variance] = node.outputs as [Value, Value, Value];
  const relu = site.follow(y, "relu");
  if (relu) site.skip(relu);
  const result = (relu?.outputs[0] ?? y) as Value;
  const src = site.get(x);
  const asked: BatchNorm = {
    src: src.layout,
    epsilon: node.attributes.epsilon,
    scale: gamma !== undefined,
    shift: true,
    fixed: false,
    relu: relu !== undefined,
  };
  const { api } = site.recorder;
  const descriptor = site.recorder.describe(
    api.batchNorm(training, asked, site.recorder.attributes()),
  );
  const layout = relu && descriptor.workspace();
  const mask = layout && site.recorder.slot(layout);
  const dst = site.allocate(result, src.layout);
  const statistics = [mean, variance].map((one) => site.allocate(one, site.preferredLayout(one)));
  site.run("batch_norm_training", descriptor, [
    [args.src, src],
    ...(gamma ? [[args.scale, site.get(gamma)] as const] : []),
    [args.shift, site.get(beta)],
    [args.dst, dst],
    [args.mean, statistics[0] as Placed],
    [args.variance, statistics[1] as Placed],
    ...(mask ? [[args.workspace, mask] as const] : []),
  ]);
  site.bind(result, dst);
  site.bind(mean, statistics[0] as Placed);
  site.bind(variance, statistics[1] as Placed);
  if (mask) site.masks.set(result, mask);
};

/** dx, dbeta and dgamma from dy, x and the statistics. */
export const normalizationGradient: Lowering<"batch_norm_training_gradient"> = (site, node) => {
  const [dz, x, mean, variance, gamma] = node.inputs as [Value, Value, Value, Value, Value?];
  const [dx, dbeta, dgamma] = node.outputs as [Value, Value, Value];
  const { dy, mask } = throughRelu(site, dz);
  const src = site.get(x);
  const needsScale = gamma !== undefined || site.isUsed(dgamma);
  const asked: BatchNorm = {
    src: src.layout,
    epsilon: node.attributes.epsilon,
    scale: needsScale,
    shift: true,
    fixed: false,
    relu: mask !== undefined,
  };
  const { api } = site.recorder;
  const attributes = site.recorder.attributes();
  const forward = site.recorder.describe(api.batchNorm(training, asked, attributes));
  const descriptor = site.recorder.describe(
    api.batchNormBackward(asked, forward.handle, attributes),
  );
  const diff = site.request(dy, src.layout);
  const dst = site.reuse(dy, node, src.layout) ?? site.allocate(dx, src.layout);
  const diffShift = site.allocate(dbeta, site.preferredLayout(dbeta));
  const diffScale = needsScale ? site.allocate(dgamma, site.preferredLayout(dgamma)) : undefined;
  site.run("batch_norm_training_gradient", descriptor, [
    [args.src, src],
    [args.diffDst, diff],
    [args.mean, site.get(mean)],
    [args.variance, site.get(variance)],
    ...(needsScale ? [[args.scale, gamma ? site.get(gamma) : ones(site, dgamma)] as const] : []),
    ...(mask ? [[args.workspace, mask] as const] : []),
    ...(api.gradientTakesShift ? [[args.shift, diffShift] as const] : []), // and does not read it
    [args.diffSrc, dst],
    ...(diffScale ? [[args.diffScale, diffScale] as const] : []),
    [args.diffShift, diffShift],
  ]);
  site.bind(dx, dst);
  site.bind(dbeta, diffShift);
  if (diffScale) site.bind(dgamma, diffScale);
};

/** The gradient behind a ReLU that was taken along, with the mask that it left. */
function throughRelu(site: Site, dz: Value): { dy: Value; mask?: Placed } {
  if (site.isReady(dz)) return { dy: dz };
  const relu = site.maker(dz);
  const [dy, y] = (relu?.inputs ?? []) as [Value, Value];
  const mask = site.masks.get(y);
  return { dy, ...(mask && { mask }) };
}

function ones(site: Site, like: Value): Placed {
  const placed = site.recorder.slot(site.preferredLayout(like));
  site.host([placed], ([numbers]) => numbers?.fill(1));
  return placed;
}
