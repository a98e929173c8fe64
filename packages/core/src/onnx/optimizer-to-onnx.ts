/**
 * @file How the optimiser ops are spelled in ONNX: element by element, each tensor small enough to
 * stay in the processor's cache from one operator to the next.
 */
import { clipEpsilon, type OptimizerAttributes } from "../graph/optimizer-ops.js";
import type { Lowering, Site } from "./lowering.js";

/** The optimiser part of the table. */
export const optimizerLowerings: { readonly [K in keyof OptimizerAttributes]: Lowering<K> } = {
  rmsprop_update: (site) => {
    const { node, inputs, outputs, emit } = site;
    const [w = "", gradient = "", square = "", momentum = "", rate = "", clip = ""] = inputs;
    const { attributes } = node;
    const [newW = "", newSquare = "", newMomentum = ""] = outputs;
    const g = decayed(site, w, emit("Mul", [gradient, clip]), attributes.weightDecay);
    const fresh = emit("Mul", [emit("Mul", [g, g]), number(site, 1 - attributes.decay)]);
    emit("Add", [emit("Mul", [square, number(site, attributes.decay)]), fresh], {}, [newSquare]);
    const root = emit("Sqrt", [emit("Add", [newSquare, number(site, attributes.epsilon)])]);
    const step = emit("Mul", [emit("Div", [g, root]), rateOf(site, rate, attributes.rateFactor)]);
    const kept = emit("Mul", [momentum, number(site, attributes.momentum)]);
    emit("Add", [kept, step], {}, [newMomentum]);
    emit("Sub", [w, newMomentum], {}, [newW]);
  },

  sgd_update: (site) => {
    const { node, inputs, outputs, emit } = site;
    const [w = "", gradient = "", velocity = "", rate = "", clip = ""] = inputs;
    const { momentum, nesterov, weightDecay, rateFactor } = node.attributes;
    const [newW = "", newVelocity = ""] = outputs;
    const g = decayed(site, w, emit("Mul", [gradient, clip]), weightDecay);
    const kept = emit("Mul", [velocity, number(site, momentum)]);
    emit("Add", [kept, g], {}, [newVelocity]);
    const direction = nesterov
      ? emit("Add", [g, emit("Mul", [newVelocity, number(site, momentum)])])
      : newVelocity;
    emit("Sub", [w, emit("Mul", [direction, rateOf(site, rate, rateFactor)])], {}, [newW]);
  },

  adamw_update: (site) => {
    const { node, inputs, outputs, emit } = site;
    const [w = "", gradient = "", first = "", second = "", rate = "", clip = "", c1 = "", c2 = ""] =
      inputs;
    const { beta1, beta2, epsilon, weightDecay, rateFactor } = node.attributes;
    const [newW = "", newFirst = "", newSecond = ""] = outputs;
    const g = emit("Mul", [gradient, clip]);
    average(site, first, g, beta1, newFirst);
    average(site, second, emit("Mul", [g, g]), beta2, newSecond);
    const root = emit("Sqrt", [emit("Mul", [newSecond, c2])]);
    const below = emit("Add", [root, number(site, epsilon)]);
    const direction = emit("Div", [emit("Mul", [newFirst, c1]), below]);
    const step = decayed(site, w, direction, weightDecay);
    emit("Sub", [w, emit("Mul", [step, rateOf(site, rate, rateFactor)])], {}, [newW]);
  },

  moving_average: (site) => {
    const { node, inputs, outputs } = site;
    const [old = "", value = ""] = inputs;
    const { decay, gain } = node.attributes;
    average(site, old, value, decay, outputs[0] ?? "", (1 - decay) * gain);
  },

  average_update: (site) => {
    const { inputs, outputs, emit } = site;
    const [old = "", value = "", decay = ""] = inputs;
    const share = emit("Sub", [number(site, 1), decay]);
    const change = emit("Mul", [emit("Sub", [value, old]), share]);
    emit("Add", [old, change], {}, outputs);
  },

  accumulate: ({ inputs, outputs, emit }) => {
    const [sum = "", value = "", keep = ""] = inputs;
    emit("Add", [emit("Mul", [sum, keep]), value], {}, outputs);
  },

  clip_factor: (site) => {
    const { node, inputs, outputs, emit } = site;
    const squares = inputs.map((gradient) => emit("ReduceSumSquare", [gradient], { keepdims: 0 }));
    const total = squares.length === 1 ? (squares[0] ?? "") : emit("Sum", squares);
    const [factor = "", norm = ""] = outputs;
    emit("Sqrt", [total], {}, [norm]);
    const ratio = emit("Div", [
      number(site, node.attributes.limit),
      emit("Add", [norm, number(site, clipEpsilon)]),
    ]);
    emit("Min", [ratio, number(site, 1)], {}, [factor]);
  },
};

type AnySite = Pick<Site<"relu">, "emit" | "constant">;

function number({ constant }: AnySite, value: number): string {
  return constant("float32", [], [value]);
}

/** g + decay w; the gradient itself where there is no decay. */
function decayed(site: AnySite, w: string, g: string, decay: number): string {
  if (decay === 0) return g;
  return site.emit("Add", [g, site.emit("Mul", [w, number(site, decay)])]);
}

function rateOf(site: AnySite, rate: string, factor: number): string {
  return factor === 1 ? rate : site.emit("Mul", [rate, number(site, factor)]);
}

/** decay old + share value. */
function average(
  site: AnySite,
  old: string,
  value: string,
  decay: number,
  output: string,
  share = 1 - decay,
): void {
  const kept = site.emit("Mul", [old, number(site, decay)]);
  const fresh = site.emit("Mul", [value, number(site, share)]);
  site.emit("Add", [kept, fresh], {}, [output]);
}
