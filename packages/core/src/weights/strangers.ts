/**
 * @file Identifies foreign files for error messages, by their first bytes or the names of their tensors
 * or layers.
 *
 * Names are those of timm, torchvision, Keras and TF-Slim, which
 * scripts/python/make-strangers.py lists.
 */
import { quote } from "./quote.js";

const kinds: readonly (readonly [start: string, kind: string, at?: number])[] = [
  ["PK\x03\x04", "a zip archive, as PyTorch's .pth and Keras' .keras files are"],
  ["\x89HDF\r\n", "an HDF5 file, as Keras' .h5 files are"],
  ["\x80\x02\x8a\n", "a Python pickle, as old PyTorch files are"],
  ["\x1f\x8b\x08", "a gzip archive"],
  ["ustar", "a tar archive", 257],
  ["version https://git-lfs", "a Git LFS pointer in place of the file"],
  ["<!doctype html", "a web page"],
  ["<html", "a web page"],
  ["\x93NUMPY", "an array of NumPy"],
  ["TFL3", "a model of TensorFlow Lite", 4],
  ["GGUF", "a GGUF file of llama.cpp"],
  ["\x89PNG", "a PNG image"],
  ["\xff\xd8\xff", "a JPEG image"],
  // Whoever makes an HDF5 file may keep the first 512 bytes, or more, to themselves.
  ["\x89HDF\r\n", "an HDF5 file behind a user block", 512],
];

/** What else a file is, where its first bytes tell. */
export function fileKind(bytes: Uint8Array): string | undefined {
  const found = kinds.find(([start, , at = 0]) => {
    const there = String.fromCharCode(...bytes.subarray(at, at + start.length));
    return there.toLowerCase() === start.toLowerCase();
  });
  return found?.[1];
}

/** The first that fits counts: what tells one network comes before what tells several. */
const tells: readonly (readonly [pattern: RegExp, network: string])[] = [
  [
    /^InceptionResnetV2\//,
    "this network as TF-Slim names it, which is read from TensorFlow's own checkpoints",
  ],
  [/.\.(mixed_5b|repeat\.0|block35_1)[./]/, "this network, each with a prefix"],
  [/^FeatureExtractor\/|StageFeatureExtractor\//, "a detector of TensorFlow's Object Detection"],
  [/\/\.ATTRIBUTES\//, "a checkpoint of Keras by objects, not by names"],
  [
    /(^|\.)last_bn\.|^InceptionResnetV1\/|^Bottleneck(_BatchNorm)?$|^Conv2d_4b_3x3/,
    "facenet's Inception-ResNet-v1",
  ],
  [/(^|\.)features\.\d+\.branch\d|^InceptionV4\//, "Inception-v4"],
  [/(^|\.)(Mixed_5b|Conv2d_1a_3x3)\.|^InceptionV3\//, "Inception-v3"],
  [/(^|\.)inception3a\.|^InceptionV[12]\//, "GoogLeNet or Inception-v2"],
  [/(^|\.)stage\d\.\d+\.fuse_layers\./, "an HRNet"],
  [/(^|\.)layer[1-4]\.\d+\.conv\d\.|^resnet_v[12]_\d+\//, "a ResNet"],
  [/^pool\d_(conv|bn)$|(^|\.)features\.denseblock1\./, "a DenseNet"],
  [/^conv\d_block\d+_\d_conv$/, "a ResNet"],
  [/(^|\.)blocks\.\d+\.mlp_(tokens|channels)\./, "an MLP-Mixer"],
  [/[._](self_)?(attn|attention)\./, "a transformer"],
  [/(^|\.)features\.\d+\.(squeeze|expand\dx\d)\./, "a SqueezeNet"],
  [
    /(^|\.)features\.\d+\.\d+\.layer_scale$|(^|\.)stages\.\d+\.blocks\.\d+\.conv_dw\.|^convnext_/,
    "a ConvNeXt",
  ],
  [/(^|\.)block\d+\.rep\.|^block\d+_sepconv\d/, "an Xception"],
  [/(^|\.)features\.\d+\.(weight|bias)$|^vgg_\w+\/|^block\d_conv\d$/, "a VGG or AlexNet"],
  [/(^|\.)features\.\d+\.|(^|\.)blocks\.\d+\.\d+\./, "a MobileNet or EfficientNet"],
  [/^MobilenetV\d\/|^conv_dw_\d|^expanded_conv_|^block_\d+_expand/, "a MobileNet"],
  [/^block\d+[a-z]_/, "an EfficientNet"],
  [/(^|\.)cell_(stem_)?\d+[./]|^(normal|reduction)_\w*_?conv_\d/, "a NASNet"],
  [/(^|\.)features\.conv\d_\d\.c1x1/, "a DPN"],
  [/(^|\.)stage\d\.\d+\.branch\d\./, "a ShuffleNet"],
  [/(^|\.)s[1-4]\.b\d+\.conv\d\.|(^|\.)trunk_output\./, "a RegNet"],
  [/(^|\.)level\d\.(tree\d\.|root\.|\d\.)/, "a DLA"],
  [/(^|\.)stages\.\d+\./, "another network in stages, as RepVGG and MobileViT are"],
];

/** Another network, and the name that tells. */
interface Stranger {
  readonly network: string;
  readonly name: string;
}

function findStranger(names: readonly string[]): Stranger | undefined {
  for (const [pattern, network] of tells) {
    const name = names.find((one) => pattern.test(one));
    if (name !== undefined) return { network, name };
  }
  return undefined;
}

/** Which other network tensors or layers of these names belong to, where they tell. */
export function knownStranger(names: readonly string[]): string | undefined {
  return findStranger(names)?.network;
}

/** A few words on whose tensors these names are. */
export function looksLike(names: readonly string[]): string {
  if (names.length === 0) return "none";
  const stranger = findStranger(names);
  const count = names.length === 1 ? "1 tensor" : `${names.length} tensors`;
  const example = `${count} such as ${quote(stranger?.name ?? names[0])}`;
  return stranger ? `tensors of ${stranger.network} (${example})` : example;
}
