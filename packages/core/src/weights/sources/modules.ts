/**
 * @file The network in a file of named modules, PyTorch's or ours, under whatever prefix it is there.
 *
 * Names are looked for at every dot, and a prefix that most of a network's names stand behind is where
 * it is. A file can hold several networks: weights and their averages, or a student and a teacher.
 */
import {
  type ArchitectureName,
  architectureNames,
  findArchitecture,
} from "../../architecture/architecture.js";
import { isClassifier } from "../../architecture/heads.js";
import { type ErrorCode, ModelError } from "../../errors.js";
import { canonicalNames } from "../canonical.js";
import { quote } from "../quote.js";
import { modernTimmName, timmNames } from "./timm.js";
import { cuts, isAverage, sharedSegments, withoutWrappers } from "./torch-wrappers.js";

/** A network of a file: what stands behind one prefix. */
export interface Candidate {
  readonly arch: ArchitectureName;
  readonly scheme: "canonical" | "timm";
  readonly prefix: string;
  /** For each canonical name, the name in the file. */
  readonly found: Map<string, string>;
}

/** Which of the networks in a file is meant, and what the file holds of it beside. */
export interface Choice {
  readonly chosen: Candidate;
  /** Names that belong to none of the networks, or to the classifier of the chosen one. */
  readonly rest: readonly string[];
  readonly notes: string[];
}

/** How many of a candidate's names belong to the body: a classifier proves nothing. */
export function bodySize({ found }: Candidate): number {
  return [...found.keys()].filter((one) => !isClassifier(one)).length;
}

/** Every network of a file, the one with the most names first; never none. */
export function findCandidates(names: readonly string[], stated?: ArchitectureName): Candidate[] {
  const all = (stated ? [stated] : architectureNames).flatMap((arch) => {
    const canonical = canonicalNames(arch);
    const ours = behindPrefixes(names, arch, "canonical", new Map(canonical.map((n) => [n, n])));
    if (!findArchitecture(arch).schemes.includes("timm")) return ours;
    const theirs = new Map([...timmNames(canonical, arch)].map(([one, timm]) => [timm, one]));
    return [...ours, ...behindPrefixes(names, arch, "timm", theirs)];
  });
  const [best] = all.sort((a, b) => bodySize(b) - bodySize(a) || b.found.size - a.found.size);
  const same = all.filter(({ arch, scheme }) => arch === best?.arch && scheme === best.scheme);
  return same.filter((one) => 2 * bodySize(one) >= bodySize(same[0] as Candidate));
}

/** A candidate for each prefix; one without names where there is none. */
function behindPrefixes(
  names: readonly string[],
  arch: ArchitectureName,
  scheme: Candidate["scheme"],
  known: ReadonlyMap<string, string>,
): Candidate[] {
  const byPrefix = new Map<string, Candidate>([
    ["", { arch, scheme, prefix: "", found: new Map() }],
  ]);
  for (const name of names) {
    for (const [prefix, rest] of cuts(withoutWrappers(name))) {
      const ours = known.get(scheme === "timm" ? modernTimmName(rest, arch) : rest);
      if (ours === undefined) continue;
      const one = byPrefix.get(prefix) ?? { arch, scheme, prefix, found: new Map() };
      byPrefix.set(prefix, one);
      if (!one.found.has(ours)) one.found.set(ours, name);
      break;
    }
  }
  return [...byPrefix.values()];
}

/**
 * The network that is meant: of weights and their averages what `ema` says, or else what timm's loader
 * takes. Throws `ModelError` where that does not tell; `name` is how messages call the file.
 */
export function chooseNetwork(
  candidates: readonly Candidate[],
  names: readonly string[],
  { name, ema }: { readonly name: string; readonly ema: boolean | undefined },
): Choice {
  const isSwa = names.some((one) => /(^|\.)n_averaged$/.test(one));
  const averages = candidates.filter(({ prefix }) => isAverage(prefix) || isSwa);
  const plain = candidates.filter((one) => !averages.includes(one));
  const byTimm = ["state_dict_ema", "model_ema"].flatMap((key) =>
    averages.filter(({ prefix }) => prefix.startsWith(`${key}.`)),
  );
  const useAverages = ema ?? (plain.length === 0 || byTimm.length > 0);
  const wanted = useAverages ? (byTimm.length > 0 ? byTimm.slice(0, 1) : averages) : plain;
  const failure = (code: ErrorCode, problem: string) =>
    new ModelError(code, `Cannot use weights "${name}": expected ${problem}`);
  const [chosen, second] = preferred(wanted);
  if (!chosen) {
    const problem = useAverages ? "averages of weights, got none" : "weights, got averages alone";
    throw failure("WEIGHTS_AVERAGES", problem);
  }
  if (second) {
    const places = `${placeOf(chosen)} and ${placeOf(second)}`;
    throw failure("WEIGHTS_SEVERAL", `one network, got those behind ${places}`);
  }
  const others = candidates.filter((one) => one !== chosen);
  const taken = new Set(candidates.flatMap(({ found }) => [...found.values()]));
  const rest = names.filter((one) => {
    if (taken.has(one)) return false;
    const shared = ({ prefix }: Candidate) => sharedSegments(prefix, withoutWrappers(one));
    return others.every((other) => shared(other) <= shared(chosen));
  });
  const other = useAverages ? plain[0] : averages[0];
  const notes = ema === undefined && other ? [noteOf(chosen, other, useAverages, name)] : [];
  return { chosen, rest, notes };
}

/** Of several, the one that timm's loader takes: behind `state_dict`, then behind `model`. */
function preferred(candidates: readonly Candidate[]): readonly Candidate[] {
  if (candidates.length < 2) return candidates;
  const isBehind = (key: string) => candidates.filter(({ prefix }) => prefix.startsWith(`${key}.`));
  const known = ["state_dict", "model"].map(isBehind).find((some) => some.length === 1);
  return known ?? candidates;
}

function placeOf({ prefix }: Candidate): string {
  return prefix === "" ? "no prefix" : quote(prefix.replace(/\.$/, ""));
}

function noteOf(chosen: Candidate, other: Candidate, useAverages: boolean, name: string): string {
  const [took, left] = [placeOf(chosen), placeOf(other)];
  return useAverages
    ? `Loaded the averages behind ${took} of "${name}", as timm does; ema: false loads the weights behind ${left}.`
    : `Loaded the weights behind ${took} of "${name}"; ema: true loads the averages behind ${left}.`;
}
