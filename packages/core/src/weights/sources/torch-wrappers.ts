/**
 * @file Prefixes that wrappers of PyTorch put before every name of the module inside.
 *
 *   module.      nn.DataParallel, nn.parallel.DistributedDataParallel, timm's averages of weights
 *   _orig_mod.   torch.compile
 *
 * They are part of the names of a file, whatever its format, so readers of bytes keep them.
 */

const prefixes = ["module.", "_orig_mod."] as const;

/** What wrappers put before all of these names; empty where one name lacks it. */
export function wrapperPrefix(names: readonly string[]): string {
  let prefix = "";
  for (;;) {
    const start = prefix;
    const next = prefixes.find((one) => names.every((name) => name.startsWith(start + one)));
    if (next === undefined || names.length === 0) return prefix;
    prefix += next;
  }
}
