/**
 * @file Where activations lie: one block of memory, in which tensors that are not alive at the same
 * time share memory.
 */

/** A piece of the arena: its size, and the first and last command that touch it. */
export interface Slot {
  readonly bytes: number;
  first: number;
  last: number;
  /** Bytes from the start of the arena, once planned. */
  offset: number;
}

/** Cache lines of the machine, and what vector loads like. */
const alignment = 64;

/**
 * Assigns each slot a place, largest first, each in the lowest gap between the slots that are alive
 * with it. Returns the bytes that the arena takes.
 */
export function planArena(slots: readonly Slot[]): number {
  const placed: Slot[] = [];
  let total = 0;
  for (const slot of slots.toSorted((a, b) => b.bytes - a.bytes)) {
    const size = Math.ceil(slot.bytes / alignment) * alignment;
    let at = 0;
    for (const other of placed) {
      if (other.last < slot.first || other.first > slot.last) continue;
      if (other.offset - at >= size) break;
      at = Math.max(at, Math.ceil((other.offset + other.bytes) / alignment) * alignment);
    }
    slot.offset = at;
    const after = placed.findIndex(({ offset }) => offset > at);
    placed.splice(after < 0 ? placed.length : after, 0, slot); // in order of their offsets
    total = Math.max(total, at + size);
  }
  return total;
}
