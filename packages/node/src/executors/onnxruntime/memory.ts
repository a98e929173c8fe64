/**
 * @file How much memory a training step takes on ONNX Runtime.
 *
 * Lines through the peaks of the native build, with and without recomputation, of the full network
 * (299 px, batch 8) and a small one (width 0.35, 139 px, batch 32): 2 % above the first, 18 % above the
 * second. They stand for the WebAssembly build, too.
 */
import type { MemoryModel } from "@inception-resnet-v2/core/internal/executors/executor.js";
import type { AnyNode } from "@inception-resnet-v2/core/internal/graph/ir.js";
import { sizeOf } from "@inception-resnet-v2/core/internal/tensor/tensor.js";

const bytesPerFloat = 4;

/** Memory of ONNX Runtime. */
export const memory: MemoryModel = {
  processBytes: 120e6,
  ofLive: 0.75,
  ofLargest: 22,
  ofWeights: 0,
  workspaceBytes,
};

/** Stacks of shifted inputs are made in turn, a part of about this size each, where they are larger. */
const largeStack = 48e6;

/**
 * What a node takes while it runs, as graphs are spelled in ONNX: the weight gradient of a larger
 * kernel stacks shifted copies of x (the copies, then the stack), the gradient of a batch norm has three
 * intermediate results, that of a max-pool the places of its maxima as 64-bit integers.
 */
function workspaceBytes(node: AnyNode): number {
  const [dy, x] = node.inputs.map(({ shape }) => sizeOf(shape) * bytesPerFloat);
  if (node.op === "batch_norm_training_gradient") return 3 * (dy ?? 0);
  if (node.op === "max_pool_gradient") return 3 * (dy ?? 0);
  if (node.op !== "conv2d_weight_gradient") return 0;
  const [rows, columns] = node.attributes.kernel;
  if (rows * columns === 1) return 0;
  const [from, to] = node.inputs.map(({ shape }) => sizeOf(shape.slice(2)));
  const stack = rows * columns * (x ?? 0) * ((from ?? 0) / (to ?? 1));
  return 2 * (stack > largeStack ? stack / rows : stack);
}
