/**
 * @file How the weight gradient of a convolution is spelled in ONNX: as a matrix product, since a
 * convolution of x by dy is several times slower in ONNX Runtime.
 */
import { type Lowering, ones, type Site } from "./lowering.js";

/** ONNX Runtime's own operators, for matrix products with transposed operands. */
const extensions = "com.microsoft";

/** dw[k, c and taps] = dy[k, images and cells] by the shifted x[c and taps, images and cells]. */
export const weightGradient: Lowering<"conv2d_weight_gradient"> = (site) => {
  const { node, outputs, emit, constant } = site;
  const shape = node.outputs[0]?.shape ?? [];
  const [k = 1, c = 1, kh = 1, kw = 1] = shape;
  const [n = 1] = node.inputs[0]?.shape ?? [];
  if (kh * kw === 1) {
    const { dy, x, cells } = pointwiseOperands(site);
    const product = contract(site, { dy, x, n, rows: k, columns: c, cells });
    emit("Reshape", [product, constant("int64", [4], [...shape])], {}, outputs);
    return;
  }
  const parts = tapOperands(site).map(({ dy, x, cells, taps }) =>
    contract(site, { dy, x, n, rows: k, columns: c * taps, cells }),
  );
  const matrices = parts.map((part) =>
    parts.length === 1
      ? part
      : emit("Reshape", [part, constant("int64", [2], [k, (c * kh * kw) / parts.length])]),
  );
  const product =
    matrices.length === 1 ? (matrices[0] ?? "") : emit("Concat", matrices, { axis: 1 });
  const byTap = emit("Reshape", [product, constant("int64", [3], [k, kh * kw, c])]);
  const byChannel = emit("Transpose", [byTap], { perm: [0, 2, 1] });
  emit("Reshape", [byChannel, constant("int64", [4], [...shape])], {}, outputs);
};

interface Operands {
  /** [n, k, cells] */
  readonly dy: string;
  /** [n, c * taps, cells] */
  readonly x: string;
  readonly cells: number;
}

/** A 1x1 kernel: the grids themselves. */
function pointwiseOperands(site: Site<"conv2d_weight_gradient">): Operands {
  const { node, inputs, emit, constant } = site;
  const [n = 1, k = 1, h = 1, w = 1] = node.inputs[0]?.shape ?? [];
  const [, c = 1] = node.inputs[1]?.shape ?? [];
  const flat = (name = "", channels = 1) =>
    emit("Reshape", [name, constant("int64", [3], [n, channels, h * w])]);
  return { dy: flat(inputs[0], k), x: flat(inputs[1], c), cells: h * w };
}

/** Bytes of shifted copies from which on the rows of a kernel take turns. */
const largeStack = 48e6;

/**
 * A larger kernel: x shifted by each of its cells, stacked along channels; one stack for all, or one
 * for each row of the kernel where that would be large.
 */
function tapOperands(
  site: Site<"conv2d_weight_gradient">,
): (Operands & { readonly taps: number })[] {
  const { node, inputs, emit, constant } = site;
  const [n = 1, k = 1, oh = 1, ow = 1] = node.inputs[0]?.shape ?? [];
  const [, c = 1] = node.inputs[1]?.shape ?? [];
  const { kernel, stride, padding } = node.attributes;
  const [ph, pw] = padding;
  const pads = constant("int64", [8], [0, 0, ph, pw, 0, 0, ph, pw]);
  const padded = ph + pw > 0 ? emit("Pad", [inputs[1] ?? "", pads]) : (inputs[1] ?? "");
  const rows: string[][] = [];
  for (let i = 0; i < kernel[0]; i++) {
    const taps: string[] = [];
    for (let j = 0; j < kernel[1]; j++) {
      const start = constant("int64", [2], [i, j]);
      const ends = [i + (oh - 1) * stride[0] + 1, j + (ow - 1) * stride[1] + 1];
      const end = constant("int64", [2], ends);
      const axes = constant("int64", [2], [2, 3]);
      taps.push(emit("Slice", [padded, start, end, axes, constant("int64", [2], [...stride])]));
    }
    rows.push(taps);
  }
  const bytes = 4 * n * c * kernel[0] * kernel[1] * oh * ow;
  const stacks = bytes > largeStack ? rows : [rows.flat()];
  const flat = (name: string, channels: number) =>
    emit("Reshape", [name, constant("int64", [3], [n, channels, oh * ow])]);
  const dy = flat(inputs[0] ?? "", k);
  return stacks.map((taps) => {
    const x = flat(emit("Concat", taps, { axis: 1 }), c * taps.length);
    return { dy, x, cells: oh * ow, taps: taps.length };
  });
}

/**
 * The sum over n and cells of dy [n,rows,cells] x [n,columns,cells]: one product an image and a sum,
 * or, where that sum would move more numbers than the operands hold, one product for all.
 */
function contract(
  { emit, constant }: Site<"conv2d_weight_gradient">,
  operands: Operands & { readonly n: number; readonly rows: number; readonly columns: number },
): string {
  const { dy, x, n, rows, columns, cells } = operands;
  if (n * rows * columns < n * cells * (rows + columns)) {
    const products = emit("FusedMatMul", [dy, x], { transB: 1 }, undefined, extensions);
    const list = emit("Reshape", [products, constant("int64", [2], [n, rows * columns])]);
    return emit("MatMul", [ones([1, n], constant), list]); // faster than ReduceSum over axis 0
  }
  const channelsFirst = (name: string, channels: number) => {
    const turned = emit("Transpose", [name], { perm: [1, 0, 2] });
    return emit("Reshape", [turned, constant("int64", [2], [channels, n * cells])]);
  };
  const matrices = [channelsFirst(dy, rows), channelsFirst(x, columns)];
  return emit("FusedMatMul", matrices, { transB: 1 }, undefined, extensions);
}
