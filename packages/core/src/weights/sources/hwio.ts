/**
 * @file TensorFlow's layouts and ours: kernels HWIO and OIHW, dense weights [in, out] and [out, in].
 */
import { type Shape, type Tensor, tensor } from "../../tensor/tensor.js";

/** A shape of TensorFlow's as ours. */
export function shapeFromHwio(shape: Shape): Shape {
  const [height = 0, width = 0, inputs = 0, outputs = 0] = shape;
  if (shape.length === 4) return [outputs, inputs, height, width];
  return shape.length === 2 ? shape.toReversed() : shape;
}

/** A shape of ours as TensorFlow's. */
export function shapeToHwio(shape: Shape): Shape {
  const [outputs = 0, inputs = 0, height = 0, width = 0] = shape;
  if (shape.length === 4) return [height, width, inputs, outputs];
  return shape.length === 2 ? shape.toReversed() : shape;
}

/** A tensor of TensorFlow's as ours; one that is no kernel shares its memory. */
export function fromHwio({ shape, data }: Tensor): Tensor {
  const [outputs = 1, inputs = 1, ...grid] = shapeFromHwio(shape);
  const turned = isKernel(shape) ? reverseAxes(data, [sizeOfGrid(grid), inputs, outputs]) : data;
  return tensor(shapeFromHwio(shape), turned);
}

/** A tensor of ours as TensorFlow's; one that is no kernel shares its memory. */
export function toHwio({ shape, data }: Tensor): Tensor {
  const [outputs = 1, inputs = 1, ...grid] = shape;
  const turned = isKernel(shape) ? reverseAxes(data, [outputs, inputs, sizeOfGrid(grid)]) : data;
  return tensor(shapeToHwio(shape), turned);
}

function isKernel(shape: Shape): boolean {
  return shape.length === 4 || shape.length === 2;
}

function sizeOfGrid(grid: Shape): number {
  return grid.reduce((places, size) => places * size, 1);
}

/** [a, b, c] to [c, b, a]. */
function reverseAxes(
  data: Float32Array,
  [a, b, c]: readonly [number, number, number],
): Float32Array {
  const reversed = new Float32Array(data.length);
  let at = 0;
  for (let k = 0; k < c; k++) {
    for (let j = 0; j < b; j++) {
      for (let i = 0; i < a; i++) reversed[at++] = data[(i * b + j) * c + k] as number;
    }
  }
  return reversed;
}
