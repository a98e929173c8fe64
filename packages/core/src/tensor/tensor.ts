/**
 * @file Data at rest: a shape and a row-major buffer of 32-bit floats.
 *
 * Activations are NCHW, convolution kernels OIHW, dense weights [out, in]. Everything in the graph
 * is float32; narrower types exist only in files (`weights/`) and inside executors.
 */

/** Sizes from the slowest axis to the fastest; `[]` is a scalar. */
export type Shape = readonly number[];

/** A dense float32 tensor; `data.length` equals the product of `shape`. */
export interface Tensor {
  /** Sizes, outermost first; [] of a scalar. */
  readonly shape: Shape;
  /** Elements, row-major, as many as the sizes multiply to. */
  readonly data: Float32Array;
}

/** Tensors by name: the parameters of a network, or the inputs and outputs of a run. */
export type Tensors = ReadonlyMap<string, Tensor>;

/** Number of elements of a shape. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Makes a tensor; zeros when no data is given. Throws `RangeError` when data and shape disagree. */
export function tensor(shape: Shape, data: Float32Array = new Float32Array(sizeOf(shape))): Tensor {
  if (data.length !== sizeOf(shape)) {
    throw new RangeError(
      `Cannot make a tensor: expected ${sizeOf(shape)} values for ${formatShape(shape)}, got ${data.length}`,
    );
  }
  return { shape, data };
}

/** A shape as the messages print it: `320x128x1x1`, or `scalar`. */
export function formatShape(shape: Shape): string {
  return shape.length === 0 ? "scalar" : shape.join("x");
}

/** Whether two shapes are the same. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** One entry of the first axis as a view, without copying: item `index` of a batch. */
export function item(batch: Tensor, index: number): Tensor {
  const shape = batch.shape.slice(1);
  const size = sizeOf(shape);
  return { shape, data: batch.data.subarray(index * size, (index + 1) * size) };
}

/** Joins tensors along a new first axis. Throws `RangeError` when their shapes differ. */
export function stack(items: readonly Tensor[]): Tensor {
  const shape = items[0]?.shape ?? [];
  const size = sizeOf(shape);
  const data = new Float32Array(size * items.length);
  items.forEach((one, index) => {
    if (!sameShape(one.shape, shape)) {
      throw new RangeError(
        `Cannot stack tensors: expected ${formatShape(shape)} at index ${index}, got ${formatShape(one.shape)}`,
      );
    }
    data.set(one.data, index * size);
  });
  return tensor([items.length, ...shape], data);
}

/** Relative L2 distance |actual - expected| / |expected|; the measure all goldens use. */
export function relativeL2(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    const e = expected[i] ?? Number.NaN;
    difference += ((actual[i] ?? Number.NaN) - e) ** 2;
    norm += e ** 2;
  }
  return Math.sqrt(difference / norm);
}
