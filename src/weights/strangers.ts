/**
 * @file What a file of another network looks like, from its tensor names, for the message.
 */
const tells: readonly (readonly [pattern: RegExp, network: string])[] = [
  [
    /^InceptionResnetV2\//,
    "TF-Slim's variables of this network, which only a converted file can hold",
  ],
  [/^features\.\d+\.(conv|branch)/, "tensors of Inception-v4"],
  [/^Mixed_5b\.|^Conv2d_1a_3x3\./, "tensors of Inception-v3"],
  [/^layer[1-4]\.\d+\.conv\d\./, "tensors of a ResNet"],
  [/^(blocks|encoder\.layers?)\.\d+\.(attn|self_attention)/, "tensors of a vision transformer"],
  [/^(model\.)?layers\.\d+\.self_attn/, "tensors of a language model"],
  [/^features\.\d+\./, "tensors of a VGG, MobileNet or EfficientNet"],
  [/^stages\.\d+\./, "tensors of a ConvNeXt or RegNet"],
];

/** A few words on whose tensors these names are. */
export function looksLike(names: readonly string[]): string {
  if (names.length === 0) return "none";
  const known = tells.find(([pattern]) => names.some((name) => pattern.test(name)));
  const example = `${names.length} tensors such as "${names[0]}"`;
  return known ? `${known[1]} (${example})` : example;
}
