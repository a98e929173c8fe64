/**
 * @file CRC-32C (Castagnoli, RFC 3720 appendix B.4), as TensorFlow keeps it beside its records.
 *
 * Eight bytes at a time through eight tables ("slicing-by-8", Kounavis and Berry 2005): checkpoints
 * are hundreds of megabytes.
 */

const polynomial = 0x82f63b78; // reflected

/** `tables[k * 256 + b]`: what byte b does to the CRC when k more bytes follow it. */
const tables = makeTables();

/** The CRC of bytes. */
export function crc32c(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = (table: number, byte: number) => tables[table * 256 + byte] as number;
  let crc = ~0;
  let from = 0;
  for (; from + 8 <= bytes.length; from += 8) {
    const low = crc ^ view.getInt32(from, true);
    const high = view.getInt32(from + 4, true);
    crc =
      at(7, low & 255) ^
      at(6, (low >>> 8) & 255) ^
      at(5, (low >>> 16) & 255) ^
      at(4, low >>> 24) ^
      at(3, high & 255) ^
      at(2, (high >>> 8) & 255) ^
      at(1, (high >>> 16) & 255) ^
      at(0, high >>> 24);
  }
  for (; from < bytes.length; from++) {
    crc = (crc >>> 8) ^ at(0, (crc ^ (bytes[from] as number)) & 255);
  }
  return ~crc >>> 0;
}

/** The CRC of bytes as it is stored: turned and shifted, as CRCs of data that hold CRCs are weak. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function makeTables(): Uint32Array {
  const made = new Uint32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? polynomial : 0);
    made[byte] = crc;
  }
  for (let at = 256; at < made.length; at++) {
    const crc = made[at - 256] as number;
    made[at] = (crc >>> 8) ^ (made[crc & 255] as number);
  }
  return made;
}
