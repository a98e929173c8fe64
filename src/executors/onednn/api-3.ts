/**
 * @file oneDNN 3.x: memory descriptors are handles of the library, and a primitive is described in one
 * call.
 */
import {
  type Api,
  algorithms,
  type BatchNorm,
  binaries,
  type Convolution,
  dimsOf,
  type Layout,
  type NumberType,
  type Order,
  type Pooling,
  poolings,
  propagation,
  reductionSum,
  stridesOf,
  types,
} from "./api.js";
import { declarations } from "./declarations-3.js";
import type { Handles } from "./handles.js";
import type { Library } from "./library.js";

const tags = {
  any: [1, 1, 1, 1, 1],
  blocked: [0, 0, 0, 0, 78], // nChw16c
};
const eltwises = { relu: 32, sqrt: 37, linear: 38, reluFromResult: 0x100 };
const softmaxes = { plain: 0x30000, log: 0x30001 };
const flags = { fixed: 1, scale: 2, shift: 4, relu: 8 };
const sameType = 0; // dnnl_data_type_undef

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
  const none = dimsOf([0, 0]);
  const window = ({ stride, padding }: Convolution) => [
    dimsOf(stride),
    none,
    dimsOf(padding),
    dimsOf(padding),
  ];
  const poolWindow = ({ stride, kernel, padding }: Pooling) => [
    dimsOf(stride),
    dimsOf(kernel),
    none,
    dimsOf(padding),
    dimsOf(padding),
  ];
  const flagsOf = (of: BatchNorm) =>
    (of.fixed ? flags.fixed : 0) +
    (of.relu ? flags.relu : 0) +
    (of.scale ? flags.scale : 0) +
    (of.shift ? flags.shift : 0);

  return {
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
    permuted: (of, axes) => {
      const dims = [...of.dims];
      axes.forEach((to, from) => {
        dims[to] = of.dims[from] ?? 1;
      });
      const order = Int32Array.from(axes);
      return owned(
        library.create("dnnl_memory_desc_permute_axes", of.pointer, order),
        dims,
        of.type,
      );
    },
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
        src.pointer,
        engine,
        dst.pointer,
        engine,
        attributes,
      ),
    concat: (parts, dst, axis, attributes) =>
      library.create(
        "dnnl_concat_primitive_desc_create",
        engine,
        dst.pointer,
        parts.length,
        axis,
        BigUint64Array.from(parts, ({ pointer }) => pointer as bigint),
        attributes,
      ),
    binary: (of, a, b, dst, attributes) =>
      library.create(
        "dnnl_binary_primitive_desc_create",
        engine,
        binaries[of],
        a.pointer,
        b.pointer,
        dst.pointer,
        attributes,
      ),
    eltwise: (of, { src, dst, alpha, beta }, attributes) =>
      library.create(
        "dnnl_eltwise_forward_primitive_desc_create",
        engine,
        propagation.inference,
        eltwises[of],
        src.pointer,
        dst.pointer,
        alpha,
        beta,
        attributes,
      ),
    reluForward: ({ pointer }, attributes) =>
      library.create(
        "dnnl_eltwise_forward_primitive_desc_create",
        engine,
        propagation.training,
        eltwises.reluFromResult,
        pointer,
        pointer,
        0,
        0,
        attributes,
      ),
    reluBackward: ({ pointer }, hint, attributes) =>
      library.create(
        "dnnl_eltwise_backward_primitive_desc_create",
        engine,
        eltwises.reluFromResult,
        pointer,
        pointer,
        pointer,
        0,
        0,
        hint,
        attributes,
      ),
    convolution: (kind, of, attributes) =>
      library.create(
        "dnnl_convolution_forward_primitive_desc_create",
        engine,
        kind,
        algorithms[of.algorithm ?? "direct"],
        of.src.pointer,
        of.weights.pointer,
        of.bias?.pointer ?? null,
        of.dst.pointer,
        ...window(of),
        attributes,
      ),
    convolutionData: (of, hint, attributes) =>
      library.create(
        "dnnl_convolution_backward_data_primitive_desc_create",
        engine,
        algorithms[of.algorithm ?? "direct"],
        of.src.pointer,
        of.weights.pointer,
        of.dst.pointer,
        ...window(of),
        hint,
        attributes,
      ),
    convolutionWeights: (of, hint, attributes) =>
      library.create(
        "dnnl_convolution_backward_weights_primitive_desc_create",
        engine,
        algorithms[of.algorithm ?? "direct"],
        of.src.pointer,
        of.weights.pointer,
        of.bias?.pointer ?? null,
        of.dst.pointer,
        ...window(of),
        hint,
        attributes,
      ),
    pooling: (kind, of, attributes) =>
      library.create(
        "dnnl_pooling_forward_primitive_desc_create",
        engine,
        kind,
        poolings[of.kind],
        of.src.pointer,
        of.dst.pointer,
        ...poolWindow(of),
        attributes,
      ),
    poolingBackward: (of, hint, attributes) =>
      library.create(
        "dnnl_pooling_backward_primitive_desc_create",
        engine,
        poolings[of.kind],
        of.src.pointer,
        of.dst.pointer,
        ...poolWindow(of),
        hint,
        attributes,
      ),
    batchNorm: (kind, of, attributes) =>
      library.create(
        "dnnl_batch_normalization_forward_primitive_desc_create",
        engine,
        kind,
        of.src.pointer,
        of.src.pointer,
        of.epsilon,
        flagsOf(of),
        attributes,
      ),
    gradientTakesShift: false,
    batchNormBackward: (of, hint, attributes) =>
      library.create(
        "dnnl_batch_normalization_backward_primitive_desc_create",
        engine,
        propagation.backward,
        of.src.pointer,
        of.src.pointer,
        of.src.pointer,
        of.epsilon,
        flagsOf(of),
        hint,
        attributes,
      ),
    matmul: (of, attributes) =>
      library.create(
        "dnnl_matmul_primitive_desc_create",
        engine,
        of.a.pointer,
        of.b.pointer,
        of.bias?.pointer ?? null,
        of.dst.pointer,
        attributes,
      ),
    softmax: ({ src, dst, log }, attributes) =>
      library.create(
        "dnnl_softmax_forward_primitive_desc_create",
        engine,
        propagation.inference,
        log ? softmaxes.log : softmaxes.plain,
        src.pointer,
        dst.pointer,
        1,
        attributes,
      ),
    sum: (src, dst, attributes) =>
      library.create(
        "dnnl_reduction_primitive_desc_create",
        engine,
        reductionSum,
        src.pointer,
        dst.pointer,
        0,
        0,
        attributes,
      ),
  };
}
