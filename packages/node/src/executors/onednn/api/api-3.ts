/**
 * @file oneDNN 3.x: memory descriptors are handles of the library, and a primitive is described in one
 * call.
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
import { declarations } from "./declarations-3.js";
import type { Handles } from "./handles.js";
import type { Library, Native } from "./library.js";

const tags = {
  any: [1, 1, 1, 1, 1],
  blocked: [0, 0, 0, 0, 78], // nChw16c
};
const eltwises = { relu: 32, sqrt: 37, linear: 38, reluFromResult: 0x100 };
const softmaxes = { plain: 0x30000, log: 0x30001 };
const flags = { fixed: 1, scale: 2, shift: 4, relu: 8 };
const sameType = 0; // dnnl_data_type_undef

/** What primitives are, by the beginnings of their functions' names. */
type Described = keyof typeof declarations extends infer Name
  ? Name extends `${infer Start}_primitive_desc_create`
    ? Start
    : never
  : never;

/** The 3.x side. */
export function createApi3(base: Library, engine: bigint, handles: Handles): Api {
  const library = base.with(declarations);

  const owned = (pointer: bigint, dims: readonly number[], type: NumberType): Layout => {
    handles.ownWith(pointer, (md) => library.value("dnnl_memory_desc_destroy", md));
    const bytes = Number(library.value("dnnl_memory_desc_get_size", pointer));
    return { pointer, dims, type, bytes, transformed: false }; // 3.x has no Winograd on CPUs
  };
  const strided = (dims: readonly number[], type: NumberType, strides: readonly number[]) =>
    owned(
      library.create(
        "dnnl_memory_desc_create_with_strides",
        dims.length,
        dimsOf(dims),
        types[type],
        dimsOf(strides),
      ),
      dims,
      type,
    );
  const layout = (dims: readonly number[], type: NumberType, order: Order): Layout => {
    if (order === "plain" || order === "channelsLast") {
      return strided(dims, type, stridesOf(dims, order));
    }
    const tag = tags[order][dims.length];
    const sizes = dimsOf(dims);
    return owned(
      library.create("dnnl_memory_desc_create_with_tag", dims.length, sizes, types[type], tag),
      dims,
      type,
    );
  };
  const describe = (
    what: Described,
    given: readonly unknown[],
    attributes: Native,
    hint?: bigint,
  ): bigint => {
    const hints = hint === undefined ? [] : [hint];
    const all = natives([engine, ...given, ...hints, attributes]);
    return library.create(`${what}_primitive_desc_create`, ...all);
  };
  const { inference, training, backward } = propagation;
  const { reluFromResult } = eltwises;

  return {
    ...alike(describe, [dimsOf([0, 0])]),
    library,
    layout,
    strided,
    part: (of, dims, offsets) =>
      owned(
        library.create(
          "dnnl_memory_desc_create_submemory",
          of.pointer,
          dimsOf(dims),
          dimsOf(offsets),
        ),
        dims,
        of.type,
      ),
    permuted: (of, axes) =>
      owned(
        library.create("dnnl_memory_desc_permute_axes", of.pointer, Int32Array.from(axes)),
        permutedDims(of.dims, axes),
        of.type,
      ),
    keep: ({ pointer, dims, type }) =>
      owned(library.create("dnnl_memory_desc_clone", pointer), dims, type),
    copyLayout: (pointer, dims, type) =>
      owned(library.create("dnnl_memory_desc_clone", pointer), dims, type),

    appendPostOp(ops, op) {
      switch (op.kind) {
        case "sum":
          library.call("dnnl_post_ops_append_sum", ops, op.factor, 0, sameType);
          break;
        case "binary":
          library.call("dnnl_post_ops_append_binary", ops, binaries[op.of], op.with.pointer);
          break;
        default: {
          const { alpha, beta } = op.kind === "linear" ? op : { alpha: 0, beta: 0 };
          library.call("dnnl_post_ops_append_eltwise", ops, eltwises[op.kind], alpha, beta);
        }
      }
    },
    postOpArgument: (index) => 32768 * (index + 1) + 2, // DNNL_ARG_ATTR_MULTIPLE_POST_OP | SRC_1

    reorder: (src, dst, attributes) =>
      library.create(
        "dnnl_reorder_primitive_desc_create",
        ...natives([src, engine, dst, engine, attributes]),
      ),
    concat(parts, dst, axis, attributes) {
      const all = BigUint64Array.from(parts, ({ pointer }) => pointer as bigint);
      return describe("dnnl_concat", [dst, parts.length, axis, all], attributes);
    },
    eltwise(of, { src, dst, alpha, beta }, attributes) {
      const given = [inference, eltwises[of], src, dst, alpha, beta];
      return describe("dnnl_eltwise_forward", given, attributes);
    },
    reluForward: (md, attributes) =>
      describe("dnnl_eltwise_forward", [training, reluFromResult, md, md, 0, 0], attributes),
    reluBackward: (md, hint, attributes) =>
      describe("dnnl_eltwise_backward", [reluFromResult, md, md, md, 0, 0], attributes, hint),
    batchNorm(kind, of, attributes) {
      const given = [kind, of.src, of.src, of.epsilon, flagsOf(of, flags)];
      return describe("dnnl_batch_normalization_forward", given, attributes);
    },
    gradientTakesShift: false,
    batchNormBackward(of, hint, attributes) {
      const given = [backward, of.src, of.src, of.src, of.epsilon, flagsOf(of, flags)];
      return describe("dnnl_batch_normalization_backward", given, attributes, hint);
    },
    softmax({ src, dst, log }, attributes) {
      const given = [inference, log ? softmaxes.log : softmaxes.plain, src, dst, 1];
      return describe("dnnl_softmax_forward", given, attributes);
    },
  };
}
