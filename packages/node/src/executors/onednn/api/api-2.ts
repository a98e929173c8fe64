/**
 * @file oneDNN 2.x: memory descriptors are structures of ours, and a primitive is described in two
 * steps, an operation descriptor and then a primitive descriptor. Operation descriptors are opaque
 * here: buffers of a generous size.
 */
import {
  type Api,
  binaries,
  dimsOf,
  flagsOf,
  type Layout,
  type NumberType,
  natives,
  type Order,
  permutedDims,
  propagation,
  stridesOf,
  types,
} from "./api.js";
import { alike } from "./api-alike.js";
import { declarations } from "./declarations-2.js";
import type { Library, Native } from "./library.js";

/** `sizeof(dnnl_memory_desc_t)` of 2.x. */
const layoutBytes = 696;
/** Where `format_kind` stands in it, and `dnnl_format_kind_wino`. */
const formatKind = { at: 312, transformed: 3 };
/** More than any operation descriptor of 2.x takes. */
const operationBytes = 16384;

const tags = {
  any: [1, 1, 1, 1, 1],
  blocked: [0, 0, 0, 0, 69], // nChw16c
};
const eltwises = { relu: 31, sqrt: 111, linear: 127, reluFromResult: 0x100 };
const flags = { fixed: 1, relu: 4, scale: 8, shift: 16 };

/** What primitives are, by the beginnings of their functions' names. */
type Described = keyof typeof declarations extends infer Name
  ? Name extends `${infer Start}_desc_init`
    ? Start
    : never
  : never;

/** The 2.x side. */
export function createApi2(base: Library, engine: bigint): Api {
  const library = base.with(declarations);

  const made = (
    dims: readonly number[],
    type: NumberType,
    fill: (md: Uint8Array) => void,
  ): Layout => {
    const pointer = new Uint8Array(layoutBytes);
    fill(pointer);
    const bytes = Number(library.value("dnnl_memory_desc_get_size", pointer));
    const kind = new DataView(pointer.buffer).getInt32(formatKind.at, true);
    return { pointer, dims, type, bytes, transformed: kind === formatKind.transformed };
  };
  const strided = (dims: readonly number[], type: NumberType, strides: readonly number[]) =>
    made(dims, type, (md) =>
      library.call(
        "dnnl_memory_desc_init_by_strides",
        md,
        dims.length,
        dimsOf(dims),
        types[type],
        dimsOf(strides),
      ),
    );
  const layout = (dims: readonly number[], type: NumberType, order: Order): Layout => {
    if (order === "plain" || order === "channelsLast") {
      return strided(dims, type, stridesOf(dims, order));
    }
    const tag = tags[order][dims.length];
    return made(dims, type, (md) =>
      library.call("dnnl_memory_desc_init_by_tag", md, dims.length, dimsOf(dims), types[type], tag),
    );
  };
  const describe = (
    what: Described,
    given: readonly unknown[],
    attributes: Native,
    hint?: bigint,
  ): bigint => {
    const operation = new Uint8Array(operationBytes);
    library.call(`${what}_desc_init`, operation, ...natives(given));
    return library.create(
      "dnnl_primitive_desc_create",
      operation,
      attributes,
      engine,
      hint ?? null,
    );
  };
  const { inference, training, backward } = propagation;
  const { reluFromResult } = eltwises;

  return {
    ...alike(describe, []),
    library,
    layout,
    strided,
    part: (of, dims, offsets) =>
      made(dims, of.type, (md) =>
        library.call(
          "dnnl_memory_desc_init_submemory",
          md,
          of.pointer,
          dimsOf(dims),
          dimsOf(offsets),
        ),
      ),
    permuted: (of, axes) =>
      made(permutedDims(of.dims, axes), of.type, (md) =>
        library.call("dnnl_memory_desc_permute_axes", md, of.pointer, Int32Array.from(axes)),
      ),
    keep: (of) => of, // the bytes of a descriptor are its owner's
    copyLayout: (pointer, dims, type) =>
      made(dims, type, (md) => md.set(library.bytes(pointer, layoutBytes))),

    appendPostOp(ops, op) {
      switch (op.kind) {
        case "sum":
          library.call("dnnl_post_ops_append_sum", ops, op.factor);
          break;
        case "binary":
          library.call("dnnl_post_ops_append_binary", ops, binaries[op.of], op.with.pointer);
          break;
        default: {
          const { alpha, beta } = op.kind === "linear" ? op : { alpha: 0, beta: 0 };
          library.call("dnnl_post_ops_append_eltwise", ops, 1, eltwises[op.kind], alpha, beta);
        }
      }
    },
    postOpArgument: (index) => 16384 * (index + 1) + 2, // DNNL_ARG_ATTR_MULTIPLE_POST_OP | SRC_1

    reorder: (src, dst, attributes) =>
      library.create(
        "dnnl_reorder_primitive_desc_create",
        ...natives([src, engine, dst, engine, attributes]),
      ),
    concat(parts, dst, axis, attributes) {
      const all = new Uint8Array(layoutBytes * parts.length);
      parts.forEach((part, at) => {
        all.set(part.pointer as Uint8Array, at * layoutBytes);
      });
      return library.create(
        "dnnl_concat_primitive_desc_create",
        ...natives([dst, parts.length, axis, all, attributes, engine]),
      );
    },
    eltwise: (of, { src, alpha, beta }, attributes) =>
      describe("dnnl_eltwise_forward", [inference, eltwises[of], src, alpha, beta], attributes),
    reluForward: (md, attributes) =>
      describe("dnnl_eltwise_forward", [training, reluFromResult, md, 0, 0], attributes),
    reluBackward: (md, hint, attributes) =>
      describe("dnnl_eltwise_backward", [reluFromResult, md, md, 0, 0], attributes, hint),
    batchNorm(kind, of, attributes) {
      const given = [kind, of.src, of.epsilon, flagsOf(of, flags)];
      return describe("dnnl_batch_normalization_forward", given, attributes);
    },
    gradientTakesShift: true,
    batchNormBackward(of, hint, attributes) {
      const given = [backward, of.src, of.src, of.epsilon, flagsOf(of, flags)];
      return describe("dnnl_batch_normalization_backward", given, attributes, hint);
    },
    softmax: ({ src, log }, attributes) =>
      describe(
        log ? "dnnl_logsoftmax_forward" : "dnnl_softmax_forward",
        [inference, src, 1],
        attributes,
      ),
  };
}
