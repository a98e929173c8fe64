/**
 * @file NumPy's file format for one array, version 1.0.
 *
 * Layout (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html): magic, version,
 * header length, a Python dict as text padded so that the data starts at a multiple of 64, the data.
 */
import type { Tensor } from "@inception-resnet-v2/core/internal/tensor/tensor.js";

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]; // \x93NUMPY, version 1.0

/** The bytes of a float32 array, little-endian, row-major. */
export function encodeNpy({ shape, data }: Tensor): Uint8Array {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': (${sizes}), }`;
  const prefix = magic.length + 2;
  const headerLength = Math.ceil((prefix + dict.length + 1) / 64) * 64 - prefix;
  const header = `${dict.padEnd(headerLength - 1)}\n`;
  const length = [headerLength & 255, headerLength >> 8];
  return Buffer.concat([
    Uint8Array.from([...magic, ...length]),
    Buffer.from(header, "latin1"),
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  ]);
}
