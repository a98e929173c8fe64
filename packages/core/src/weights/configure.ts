/**
 * @file The network that a file describes.
 */
import type { Network } from "../architecture/layers.js";
import { configureNetwork, type NetworkOptions } from "../architecture/transforms.js";
import { ModelError, UsageError } from "../errors.js";

/** The network of these options. What is out of range there is the file's fault: `ModelError`. */
export function configureFrom(options: NetworkOptions, name: string): Network {
  try {
    return configureNetwork(options);
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause;
    throw new ModelError(
      "WEIGHTS_METADATA",
      `Cannot use weights "${name}": ${cause.message.replace(/^O/, "o")}`,
      { cause },
    );
  }
}
