/**
 * @file The weights that others have published, of every network here, by the names that `pull` knows.
 */
import { architectures } from "../architecture/architecture.js";
import type { HubWeights, WebWeights } from "../architecture/published.js";

export type { HubWeights, WebWeights } from "../architecture/published.js";

/** Files of a hub repository that hold weights, the best first. */
export const hubFiles: readonly string[] = ["model.safetensors", "pytorch_model.bin"];

/** Published weights by the names that `pull` knows. */
export const published = {
  ...architectures.inception_resnet_v2.published,
  ...architectures.inception_v4.published,
};

/** A name that `pull` knows. */
export type PublishedName = keyof typeof published;

/** All names that `pull` knows. */
export const publishedNames = Object.keys(published) as readonly PublishedName[];

/** What a name stands for, if it is one. */
export function publishedAs(name: string): HubWeights | WebWeights | undefined {
  return publishedNames.includes(name as PublishedName)
    ? published[name as PublishedName]
    : undefined;
}
