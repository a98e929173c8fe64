/**
 * @file oneDNN 2.x: memory descriptors are structures of ours, and a primitive is described in two
 * steps, an operation descriptor and then a primitive descriptor. Operation descriptors are opaque
 * here: buffers of a generous size.
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
    init: (operation: Uint8Array) => void,
    attributes: Native,
    hint: bigint | null = null,
  ): bigint => {
    const operation = new Uint8Array(operationBytes);
    init(operation);
    return library.create("dnnl_primitive_desc_create", operation, attributes, engine, hint);
  };
  const window = ({ stride, padding }: Convolution | Pooling) => [
    dimsOf(stride),
    dimsOf(padding),
    dimsOf(padding),
  ];
  const poolWindow = ({ stride, kernel, padding }: Pooling) => [
    dimsOf(stride),
    dimsOf(kernel),
    dimsOf(padding),
    dimsOf(padding),
  ];
  const flagsOf = (of: BatchNorm) =>
    (of.fixed ? flags.fixed : 0) +
    (of.relu ? flags.relu : 0) +
    (of.scale ? flags.scale : 0) +
    (of.shift ? flags.shift : 0);
  const eltwise =
    (prop: number, alg: number, md: Layout, alpha: number, beta: number) => (op: Uint8Array) =>
      library.call("dnnl_eltwise_forward_desc_init", op, prop, alg, md.pointer, alpha, beta);

  return {
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
    permuted: (of, axes) => {
      const dims = [...of.dims];
      axes.forEach((to, from) => {
        dims[to] = of.dims[from] ?? 1;
      });
      return made(dims, of.type, (md) =>
        library.call("dnnl_memory_desc_permute_axes", md, of.pointer, Int32Array.from(axes)),
      );
    },
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
        src.pointer,
        engine,
        dst.pointer,
        engine,
        attributes,
      ),
    concat(parts, dst, axis, attributes) {
      const all = new Uint8Array(layoutBytes * parts.length);
      parts.forEach((part, at) => {
        all.set(part.pointer as Uint8Array, at * layoutBytes);
      });
      return library.create(
        "dnnl_concat_primitive_desc_create",
        dst.pointer,
        parts.length,
        axis,
        all,
        attributes,
        engine,
      );
    },
    binary: (of, a, b, dst, attributes) =>
      describe(
        (op) =>
          library.call(
            "dnnl_binary_desc_init",
            op,
            binaries[of],
            a.pointer,
            b.pointer,
            dst.pointer,
          ),
        attributes,
      ),
    eltwise: (of, { src, alpha, beta }, attributes) =>
      describe(eltwise(propagation.inference, eltwises[of], src, alpha, beta), attributes),
    reluForward: (md, attributes) =>
      describe(eltwise(propagation.training, eltwises.reluFromResult, md, 0, 0), attributes),
    reluBackward: (md, hint, attributes) =>
      describe(
        (op) =>
          library.call(
            "dnnl_eltwise_backward_desc_init",
            op,
            eltwises.reluFromResult,
            md.pointer,
            md.pointer,
            0,
            0,
          ),
        attributes,
        hint,
      ),
    convolution: (kind, of, attributes) =>
      describe(
        (op) =>
          library.call(
            "dnnl_convolution_forward_desc_init",
            op,
            kind,
            algorithms[of.algorithm ?? "direct"],
            of.src.pointer,
            of.weights.pointer,
            of.bias?.pointer ?? null,
            of.dst.pointer,
            ...window(of),
          ),
        attributes,
      ),
    convolutionData: (of, hint, attributes) =>
      describe(
        (op) =>
          library.call(
            "dnnl_convolution_backward_data_desc_init",
            op,
            algorithms[of.algorithm ?? "direct"],
            of.src.pointer,
            of.weights.pointer,
            of.dst.pointer,
            ...window(of),
          ),
        attributes,
        hint,
      ),
    convolutionWeights: (of, hint, attributes) =>
      describe(
        (op) =>
          library.call(
            "dnnl_convolution_backward_weights_desc_init",
            op,
            algorithms[of.algorithm ?? "direct"],
            of.src.pointer,
            of.weights.pointer,
            of.bias?.pointer ?? null,
            of.dst.pointer,
            ...window(of),
          ),
        attributes,
        hint,
      ),
    pooling: (kind, of, attributes) =>
      describe(
        (op) =>
          library.call(
            "dnnl_pooling_forward_desc_init",
            op,
            kind,
            poolings[of.kind],
            of.src.pointer,
            of.dst.pointer,
            ...poolWindow(of),
          ),
        attributes,
      ),
    poolingBackward: (of, hint, attributes) =>
      describe(
        (op) =>
          library.call(
            "dnnl_pooling_backward_desc_init",
            op,
            poolings[of.kind],
            of.src.pointer,
            of.dst.pointer,
            ...poolWindow(of),
          ),
        attributes,
        hint,
      ),
    batchNorm: (kind, of, attributes) =>
      describe(
        (op) =>
          library.call(
            "dnnl_batch_normalization_forward_desc_init",
            op,
            kind,
            of.src.pointer,
            of.epsilon,
            flagsOf(of),
          ),
        attributes,
      ),
    gradientTakesShift: true,
    batchNormBackward: (of, hint, attributes) =>
      describe(
        (op) =>
          library.call(
            "dnnl_batch_normalization_backward_desc_init",
            op,
            propagation.backward,
            of.src.pointer,
            of.src.pointer,
            of.epsilon,
            flagsOf(of),
          ),
        attributes,
        hint,
      ),
    matmul: (of, attributes) =>
      describe(
        (op) =>
          library.call(
            "dnnl_matmul_desc_init",
            op,
            of.a.pointer,
            of.b.pointer,
            of.bias?.pointer ?? null,
            of.dst.pointer,
          ),
        attributes,
      ),
    softmax: ({ src, log }, attributes) =>
      describe(
        (op) =>
          library.call(
            log ? "dnnl_logsoftmax_forward_desc_init" : "dnnl_softmax_forward_desc_init",
            op,
            propagation.inference,
            src.pointer,
            1,
          ),
        attributes,
      ),
    sum: (src, dst, attributes) =>
      describe(
        (op) =>
          library.call(
            "dnnl_reduction_desc_init",
            op,
            reductionSum,
            src.pointer,
            dst.pointer,
            0,
            0,
          ),
        attributes,
      ),
  };
}
