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
  const total = [...tensors.values()].reduce((sum, { data }) => sum + data.length, 0);
  const all = new Float32Array(total);
  const copies = new Map<string, Tensor>();
  let [at, copied] = [0, 0];
  for (const [name, { shape, data }] of tensors) {
    const own = all.subarray(at, at + data.length);
    own.set(data);
    copies.set(name, { shape, data: own });
    at += data.length;
    copied += data.byteLength;
    if (copied < pieceBytes) continue;
    copied = 0;
    await turn();
  }
  return copies;
}
