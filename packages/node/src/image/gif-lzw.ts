/**
 * @file The compressed pixels of a GIF frame: LZW with codes of 2 to 12 bits, in blocks of up to 255
 * bytes. Source: GIF89a specification, appendix F.
 */

/**
 * The first `count` indices of what begins at `at`, in the order of the file. Throws an error with the
 * reason when they are not all there.
 */
export function unpackLzw(bytes: Uint8Array, at: number, count: number): Uint8Array {
  const rootBits = bytes[at] ?? 0;
  if (rootBits < 1 || rootBits > 8) throw new Error(`codes that start at ${rootBits} bits`);
  const clear = 1 << rootBits;
  const out = new Uint8Array(count);
  const prefix = new Uint16Array(4096);
  const suffix = new Uint8Array(4096);
  const lengths = new Uint16Array(4096).fill(1, 0, clear);
  for (let code = 0; code < clear; code++) suffix[code] = code;
  let bits = rootBits + 1;
  let next = clear + 2;
  let previous = -1;
  let o = 0;
  const readCode = codeReader(bytes, at + 1);
  while (o < count) {
    const code = readCode(bits);
    if (code === clear) {
      bits = rootBits + 1;
      next = clear + 2;
      previous = -1;
      continue;
    }
    if (code === undefined || code === clear + 1) {
      throw new Error(`an end after ${o} of ${count} pixels`);
    }
    if (previous < 0 ? code > clear : code > next) {
      throw new Error(`a code out of place after ${o} of ${count} pixels`);
    }
    if (previous >= 0 && next < 4096) {
      let first = code === next ? previous : code;
      while (first > clear) first = prefix[first] as number;
      prefix[next] = previous;
      suffix[next] = first;
      lengths[next] = (lengths[previous] as number) + 1;
      next++;
      if (next === 1 << bits && bits < 12) bits++;
    }
    const length = lengths[code] as number;
    for (let walk = code, i = o + length - 1; i >= o; i--) {
      if (i < count) out[i] = suffix[walk] as number;
      walk = prefix[walk] as number;
    }
    o += length;
    previous = code;
  }
  return out;
}

/** Reads codes of so many bits across blocks of up to 255 bytes; undefined at their end. */
function codeReader(bytes: Uint8Array, start: number): (bits: number) => number | undefined {
  let at = start;
  let left = 0; // bytes of the block under way
  let held = 0;
  let heldBits = 0;
  return (bits) => {
    while (heldBits < bits) {
      if (left === 0) {
        left = bytes[at++] ?? 0;
        if (left === 0) return undefined;
      }
      const value = bytes[at++];
      if (value === undefined) return undefined;
      held |= value << heldBits;
      heldBits += 8;
      left--;
    }
    const code = held & ((1 << bits) - 1);
    held >>>= bits;
    heldBits -= bits;
    return code;
  };
}
