/**
 * @file Products of matrices, and what is done element by element.
 */
import type { AnyNode, Value } from "@inception-resnet-v2/core/internal/graph/ir.js";
import { args, type Placed } from "../runtime.js";
import type { Site } from "./lowering.js";

/** a and b in the preferred layout of a. */
export function elementwise(site: Site, node: AnyNode, of: "add" | "mul"): void {
  const [a, b] = node.inputs as [Value, Value];
  const [y] = node.outputs as [Value];
  const left = site.get(a);
  const right = site.request(b, left.layout);
  const dst = site.reuse(a, node, left.layout) ?? site.allocate(y, left.layout);
  site.binary(of, left, right, dst);
  site.bind(y, dst);
}

/** A matrix seen with its axes exchanged: [rows,columns] of what lies as [columns,rows]. */
export function turned(
  site: Site,
  placed: Placed,
  [rows, columns]: readonly [number, number],
): Placed {
  const { api } = site.recorder;
  const layout = api.strided([rows, columns], placed.layout.type, [1, rows]);
  return { layout, place: placed.place };
}

/** result [m,n] = a [m,k] b [k,n] + bias [1,n]. */
export function multiply(
  site: Site,
  of: {
    readonly a: Placed;
    readonly b: Placed;
    readonly bias?: Placed;
    readonly result: Value;
  },
): void {
  const { a, b, bias, result } = of;
  const { api } = site.recorder;
  const dst = site.allocate(result, site.preferredLayout(result));
  const asked = { a: a.layout, b: b.layout, bias: bias?.layout, dst: dst.layout };
  const descriptor = site.recorder.describe(api.matmul(asked, site.recorder.attributes()));
  site.run("matmul", descriptor, [
    [args.src, a],
    [args.weights, b],
    ...(bias ? [[args.bias, bias] as const] : []),
    [args.dst, dst],
  ]);
  site.bind(result, dst);
}
