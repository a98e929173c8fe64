/**
 * @file What wrappers and users' own modules put before the names of a network inside.
 *
 *   module.                  nn.DataParallel, DistributedDataParallel, AveragedModel, timm's averages
 *   _orig_mod.               torch.compile, also of a part of the network
 *   _fsdp_wrapped_module.    FullyShardedDataParallel, around each part that it divides
 *   model. backbone. 1. ...  whoever keeps the network in a module of their own
 *
 * They are part of the names of a file, whatever its format, so readers of bytes keep them.
 */

/** Segments that no module of a user has: they may stand anywhere in a name. */
const inner =
  /(^|\.)(?:(?:_orig_mod|_fsdp_wrapped_module|_fpw_module|_checkpoint_wrapped_module|_forward_module)\.)+/g;

/** A name without the segments that wrappers put inside of it. */
export function withoutWrappers(name: string): string {
  return name.replace(inner, "$1");
}

/** Each way to cut a name at a dot into a prefix and a rest, the whole name first. */
export function* cuts(name: string): Generator<readonly [prefix: string, rest: string]> {
  for (let at = 0; ; ) {
    yield [name.slice(0, at), name.slice(at)];
    at = name.indexOf(".", at) + 1;
    if (at === 0) return;
  }
}

/** Whether weights under a prefix are averages over a training's steps, by its words. */
export function isAverage(prefix: string): boolean {
  return /(^|[._])(ema|swa|avg|averaged?)([._]|$)/i.test(prefix);
}

/** How many segments two prefixes begin with alike. */
export function sharedSegments(a: string, b: string): number {
  const [one, other] = [a.split("."), b.split(".")];
  const at = one.findIndex((segment, index) => segment !== other[index]);
  return at < 0 ? one.length : at;
}
