/**
 * @file How each optimiser op becomes primitives of oneDNN.
 */
import type { Value } from "@inception-resnet-v2/core/internal/graph/ir.js";
import {
  clipEpsilon,
  type OptimizerAttributes,
} from "@inception-resnet-v2/core/internal/graph/optimizer-ops.js";
import type { Finish } from "../primitives.js";
import type { Placed } from "../runtime.js";
import type { Lowering, Site } from "./lowering.js";
import { inPlace, rowOf } from "./update-rows.js";

/** The optimiser part of the table. */
export const updateLowerings: { readonly [K in keyof OptimizerAttributes]: Lowering<K> } = {
  rmsprop_update(site, node) {
    const { decay, momentum, epsilon, weightDecay, rateFactor } = node.attributes;
    const [w, gradient, square, velocity, rates, clips] = node.inputs as Values<6>;
    const [rate, clip] = [scalar(site, rates), scalar(site, clips)];
    inPlace(site, node, [w, square, velocity], [gradient], (row, [weights, s, m, g]) => {
      const step = row.gradient(g, weights, clip, weightDecay);
      row.binary("mul", step, step, s, [linear(1 - decay), sum(decay)]);
      const root = row.temporary();
      row.unary(s, root, [linear(1, epsilon), { kind: "sqrt" }]);
      row.binary("div", step, root, m, [linear(rateFactor), times(rate), sum(momentum)]);
      row.binary("sub", weights, m, weights);
    });
  },

  sgd_update(site, node) {
    const { momentum, nesterov, weightDecay, rateFactor } = node.attributes;
    const [w, gradient, velocity, rates, clips] = node.inputs as Values<5>;
    const [rate, clip] = [scalar(site, rates), scalar(site, clips)];
    inPlace(site, node, [w, velocity], [gradient], (row, [weights, v, g]) => {
      const step = row.gradient(g, weights, clip, weightDecay);
      row.addTo(v, momentum, step);
      if (nesterov) row.addTo(step, 1, v, momentum);
      row.binary("mul", nesterov ? step : v, rate, weights, [linear(-rateFactor), sum(1)]);
    });
  },

  adamw_update(site, node) {
    const { beta1, beta2, epsilon, weightDecay, rateFactor } = node.attributes;
    const [w, gradient, first, second, ...rest] = node.inputs as Values<8>;
    const scalars = rest.map((one) => scalar(site, one));
    const [rate, clip, c1, c2] = scalars as [Placed, Placed, Placed, Placed];
    inPlace(site, node, [w, first, second], [gradient], (row, [weights, m, v, g]) => {
      const step = row.gradient(g, weights, clip, 0);
      row.addTo(m, beta1, step, 1 - beta1);
      row.binary("mul", step, step, v, [linear(1 - beta2), sum(beta2)]);
      const root = row.temporary();
      row.binary("mul", v, c2, root, [{ kind: "sqrt" }, linear(1, epsilon)]);
      row.binary("div", m, root, root, [times(c1)]);
      if (weightDecay !== 0) row.addTo(root, 1, weights, weightDecay);
      row.binary("mul", root, rate, weights, [linear(-rateFactor), sum(1)]);
    });
  },

  moving_average(site, node) {
    const { decay, gain } = node.attributes;
    const [average, value] = node.inputs as Values<2>;
    inPlace(site, node, [average], [value], (row, [kept, given]) => {
      row.addTo(kept, decay, given, (1 - decay) * gain);
    });
  },

  average_update(site, node) {
    const [average, value, decay] = node.inputs as Values<3>;
    const share = site.recorder.slot(site.layout([], "f32"));
    site.linear(scalar(site, decay), share, { alpha: -1, beta: 1 });
    inPlace(site, node, [average], [value], (row, [kept, given]) => {
      const difference = row.temporary();
      row.binary("sub", given, kept, difference);
      row.binary("mul", difference, share, kept, [sum(1)]);
    });
  },

  accumulate(site, node) {
    const [before, value, keep] = node.inputs as Values<3>;
    const kept = scalar(site, keep);
    inPlace(site, node, [before], [value], (row, [total, given]) => {
      row.binary("mul", total, kept, total, [{ kind: "binary", of: "add", with: given }]);
    });
  },

  // In double precision, in JavaScript: a sum of tens of millions of squares.
  clip_factor(site, node) {
    const { limit } = node.attributes;
    const [factor, norm] = node.outputs as Values<2>;
    const results = [factor, norm].map((one) => site.allocate(one, site.preferredLayout(one)));
    const gradients = node.inputs.map((one) => rowOf(site, one));
    site.host([...results, ...gradients], ([factors = none, norms = none, ...rest]) => {
      let squares = 0;
      for (const numbers of rest) {
        for (let at = 0; at < numbers.length; at++) squares += (numbers[at] as number) ** 2;
      }
      norms[0] = Math.sqrt(squares);
      factors[0] = Math.min(1, limit / (Math.sqrt(squares) + clipEpsilon));
    });
    site.bind(factor, results[0] as Placed);
    site.bind(norm, results[1] as Placed);
  },
};

/** That many values. */
type Values<N extends number, All extends Value[] = []> = All["length"] extends N
  ? All
  : Values<N, [...All, Value]>;

const none = new Float32Array();

const linear = (alpha: number, beta = 0): Finish => ({ kind: "linear", alpha, beta });
const sum = (factor: number): Finish => ({ kind: "sum", factor });
const times = (scalar: Placed): Finish => ({ kind: "binary", of: "mul", with: scalar });

/** A scalar that a step is given. */
function scalar(site: Site, value: Value): Placed {
  return site.request(value, site.layout([], "f32"));
}
