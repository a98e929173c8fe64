/**
 * @file Situations in verbs other than training: flags that do nothing beside others.
 */
import type { Situation } from "./situations.js";

/** See `situations.ts`. */
export const verbSituations: readonly Situation[] = [
  {
    what: "classes of a network without classifier",
    args: () => ["summary", "--no-top", "--classes", "9", "--width", "0.1"],
    code: 0,
    says: /^Note: --classes has no effect beside --no-top: there is no classifier\.$/,
  },
  {
    what: "a format beside another",
    args: () => ["summary", "--format", "svg", "--json", "--width", "0.1"],
    code: 0,
    says: /^Note: --format has no effect beside --json\.$/,
  },
  {
    what: "a drawing that shows no layers",
    args: () => ["summary", "--format", "svg", "--depth", "layer", "--width", "0.1"],
    code: 0,
    says: /^Note: --depth has no effect beyond blocks, which svg draws\.$/,
  },
  {
    what: "a number type of a file that is not written",
    args: ({ weights }) => ["import", weights, "--dtype", "fp16"],
    code: 0,
    says: /^Note: --dtype has no effect without --out: nothing is written\.$/,
  },
  {
    what: "a list of tensors that are not read again",
    args: ({ weights }) => ["export", weights, "--out", "x.pth", "--no-parity", "--tensors"],
    code: 0,
    says: /^Note: --tensors has no effect beside --no-parity/,
  },
  {
    what: "an input size for a file that keeps none",
    args: ({ weights }) => ["export", weights, "--out", "y.pth", "--input-size", "139"],
    code: 0,
    says: /^Note: --input-size has no effect on torch, which keeps no input size\.$/,
  },
];
