/**
 * @file Memory on its way between threads: handed over, freed, or copied without holding the event loop.
 */
import { setImmediate as turn } from "node:timers/promises";
import { MessageChannel } from "node:worker_threads";
import type { Tensor, Tensors } from "@inception-resnet-v2/core/internal/tensor/tensor.js";

/** The buffers behind some tensors, each once, as a message transfers them: two may share one. */
export function buffersOf(tensors: Tensors): ArrayBuffer[] {
  const buffers = new Set([...tensors.values()].map(({ data }) => data.buffer));
  return [...buffers].filter((one) => one instanceof ArrayBuffer);
}

/**
 * Frees buffers now, not when the garbage collector comes by: the weights are a third of all memory.
 * A message to a closed port is dropped, with what was transferred to it.
 */
export function freeBuffers(buffers: readonly ArrayBuffer[]): void {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  for (const buffer of buffers) port1.postMessage(undefined, [buffer]);
  port1.close();
}

/** Bytes that are copied in one turn of the event loop: some two milliseconds. */
const pieceBytes = 4 * 2 ** 20;

/** Copies bytes into a buffer of the same length, a piece a turn. */
export async function copyInPieces(from: Uint8Array, to: Uint8Array): Promise<void> {
  for (let at = 0; at < from.length; at += pieceBytes) {
    to.set(from.subarray(at, at + pieceBytes), at);
    await turn();
  }
}

/** Copies of tensors in one buffer of their own, made a piece a turn. */
export async function copyTensors(tensors: Tensors): Promise<Tensors> {
  const copies = new Map<string, Tensor>();
  let copied = 0;
  for (const { data } of copyInto(copies, tensors)) {
    copied += data.byteLength;
    if (copied < pieceBytes) continue;
    copied = 0;
    await turn();
  }
  return copies;
}

/** Buffers that may go in one message. */
const fewBuffers = 8;

/**
 * Tensors in few buffers: those given, or one into which they are moved. Hundreds of buffers in a message
 * make the garbage collector of the thread that receives them pause for up to 100 ms.
 */
export function packTensors(tensors: Tensors): Tensors {
  const { length: buffers } = buffersOf(tensors);
  if (buffers <= fewBuffers) return tensors;
  const packed = new Map<string, Tensor>();
  const isEachAlone = buffers === tensors.size;
  for (const { data } of copyInto(packed, tensors)) {
    if (isEachAlone && data.buffer instanceof ArrayBuffer) freeBuffers([data.buffer]);
  }
  return packed;
}

/** Copies tensors one by one into a buffer of their own; gives each original once it is copied. */
function* copyInto(copies: Map<string, Tensor>, tensors: Tensors): Generator<Tensor> {
  const total = [...tensors.values()].reduce((sum, { data }) => sum + data.length, 0);
  const all = new Float32Array(total);
  let at = 0;
  for (const [name, tensor] of tensors) {
    const { shape, data } = tensor;
    const own = all.subarray(at, at + data.length);
    own.set(data);
    copies.set(name, { shape, data: own });
    at += own.length;
    yield tensor;
  }
}
