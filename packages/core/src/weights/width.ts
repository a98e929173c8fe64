/**
 * @file The width of a network from the channels of its convolutions, for files that do not say it.
 */
import { type ArchitectureName, defaultArchitecture } from "../architecture/architecture.js";
import { lower } from "../architecture/lower.js";
import { configureNetwork } from "../architecture/transforms.js";

/** Channels are multiples of this, and as many at least: see `withWidth`. */
const step = 8;

/**
 * The width at which the network's convolutions have these channels, by the names of their weights; of
 * all that do, the one with the fewest decimals. Where none does, the nearest of some of them: shapes
 * will not fit then, and whoever compares them says so.
 */
export function widthOf(
  channelsOf: (weight: string) => number | undefined,
  arch: ArchitectureName = defaultArchitecture,
): number {
  let [low, high] = [0, 8];
  for (const { name, shape } of lower(configureNetwork({ arch })).parameters) {
    const [full = 1] = shape;
    const channels = channelsOf(name);
    // Projections of residual blocks have as many channels as what they are added to.
    if (shape.length !== 4 || name.includes("/up/") || channels === undefined) continue;
    if (channels > step) low = Math.max(low, (channels - step / 2) / full);
    high = Math.min(high, (channels + step / 2) / full);
  }
  for (let scale = 1; scale <= 1e9; scale *= 10) {
    const rounded = Math.max(1, Math.ceil(low * scale)) / scale;
    if (rounded < high) return rounded;
  }
  return Math.max(low, 1e-3);
}
