/**
 * @file What a file that is not ours looks like, for the message: its first bytes, or the names of
 * its tensors.
 */
import { quote } from "./quote.js";

const kinds: readonly (readonly [start: string, kind: string])[] = [
  ["PK\x03\x04", "a zip archive, as PyTorch's .pth and Keras' .keras files are"],
  ["\x89HDF\r\n", "an HDF5 file, as Keras' .h5 files are"],
  ["\x80\x02\x8a\n", "a Python pickle, as old PyTorch files are"],
  ["\x1f\x8b\x08", "a gzip archive"],
  ["version https://git-lfs", "a Git LFS pointer in place of the file"],
  ["<!doctype html", "a web page"],
  ["<html", "a web page"],
];

/** What else a file is that is no safetensors file, where its first bytes tell. */
export function fileKind(bytes: Uint8Array): string | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, 24)).toLowerCase();
  return kinds.find(([known]) => start.startsWith(known.toLowerCase()))?.[1];
}

const tells: readonly (readonly [pattern: RegExp, network: string])[] = [
  [
    /^InceptionResnetV2\//,
    "TF-Slim's variables of this network, which only a converted file can hold",
  ],
  [/^last_bn\./, "tensors of facenet's Inception-ResNet-v1"],
  [/^features\.\d+\.branch\d/, "tensors of Inception-v4"],
  [/^Mixed_5b\.|^Conv2d_1a_3x3\./, "tensors of Inception-v3"],
  [/^layer[1-4]\.\d+\.conv\d\./, "tensors of a ResNet"],
  [
    /(^|\.)(blocks|layers?|h)\.(encoder_layer_)?\d+\.(\w+\.)*(attn|attention|self_attn|self_attention)\b/,
    "tensors of a transformer",
  ],
  [/^features\.\d+\./, "tensors of a VGG, MobileNet or EfficientNet"],
  [/^blocks\.\d+\.\d+\./, "tensors of a MobileNet or EfficientNet"],
  [/^stages\.\d+\./, "tensors of a ConvNeXt or RegNet"],
];

/** Which other network tensors of these names belong to, where they tell. */
export function knownStranger(names: readonly string[]): string | undefined {
  return tells.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1];
}

/** A few words on whose tensors these names are. */
export function looksLike(names: readonly string[]): string {
  if (names.length === 0) return "none";
  const stranger = knownStranger(names);
  const example = `${names.length} tensors such as ${quote(names[0])}`;
  return stranger ? `${stranger} (${example})` : example;
}
