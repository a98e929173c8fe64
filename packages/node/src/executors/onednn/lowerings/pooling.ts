/**
 * @file Pooling as primitives; a max pool that a gradient follows keeps which cells it took.
 */
import type { Node, Value } from "@inception-resnet-v2/core/internal/graph/ir.js";
import type { Pooling } from "../api/api.js";
import type { Descriptor } from "../api/descriptor.js";
import { args } from "../runtime.js";
import { inference, type Site, training } from "./lowering.js";

/** A pooling as it is asked for. */
export function poolingOf(
  site: Site,
  x: Value,
  y: Value,
  window: Omit<Pooling, "src" | "dst">,
): Pooling {
  return { ...window, src: site.preferredLayout(x), dst: site.preferredLayout(y) };
}

/** The forward primitive of a pooling; where a gradient follows, it leaves a workspace. */
export function describePooling(site: Site, asked: Pooling, isTraining: boolean): Descriptor {
  const { api } = site.recorder;
  const kind = isTraining ? training : inference;
  return site.recorder.describe(api.pooling(kind, asked, site.recorder.attributes()));
}

/** Pools windows of a grid. */
export function pool(
  site: Site,
  { inputs, outputs }: Node,
  window: Omit<Pooling, "src" | "dst">,
): void {
  const [x] = inputs as [Value];
  const [y] = outputs as [Value];
  const asked = poolingOf(site, x, y, window);
  const keeps = window.kind === "max" && site.reader(x, "max_pool_gradient") !== undefined;
  const descriptor = describePooling(site, asked, keeps);
  const dst = site.allocate(y, asked.dst);
  const layout = keeps ? descriptor.workspace() : undefined;
  const choices = layout && site.recorder.slot(layout);
  site.run("pool", descriptor, [
    [args.src, site.request(x, asked.src)],
    [args.dst, dst],
    ...(choices ? [[args.workspace, choices] as const] : []),
  ]);
  if (choices) site.choices.set(x, choices);
  site.bind(y, dst);
}

/** The whole grid is one window; the result is handed on as [n,c]. */
export function poolGlobally(site: Site, { inputs, outputs }: Node, kind: Pooling["kind"]): void {
  const [x] = inputs as [Value];
  const [n = 1, c = 1, h = 1, w = 1] = x.shape;
  const asked = { ...wholeGrid(site, x, kind), kernel: [h, w] as const };
  const pooled = site.recorder.slot(asked.dst);
  site.run("pool", describePooling(site, asked, false), [
    [args.src, site.request(x, asked.src)],
    [args.dst, pooled],
  ]);
  const plain = site.recorder.slot(site.layout([n, c, 1, 1], "f32"));
  site.copy(pooled, plain);
  site.bind(outputs[0] as Value, site.reshaped(plain, [n, c]));
}

/** A pooling of the whole grid. */
export function wholeGrid(site: Site, x: Value, kind: Pooling["kind"]): Pooling {
  const [n = 1, c = 1, h = 1, w = 1] = x.shape;
  return {
    kind,
    src: site.preferredLayout(x),
    dst: site.preferredLayout({ shape: [n, c, 1, 1] }),
    kernel: [h, w],
    stride: [1, 1],
    padding: [0, 0],
  };
}
