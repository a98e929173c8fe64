/**
 * @file What a search for photos passed over, counted by reason, so that it can be told.
 */
import { readablePath } from "../files/byte-path.js";

/** Names that were passed over for one reason. */
export interface LeftOut {
  /** Why, in a few words, for example `hidden`. */
  readonly why: string;
  /** Whether it could not be read, though it might hold photos. */
  readonly isFault: boolean;
  /** How many there are. */
  readonly count: number;
  /** Paths of the first of them. */
  readonly first: readonly string[];
}

/** Paths that are kept for each reason. */
const pathsKept = 3;

/** Collects what is passed over. */
export class LeftOutList {
  #kinds = new Map<string, { isFault: boolean; count: number; first: string[] }>();
  #prefix = "";

  add(why: string, path: string): void {
    this.#add({ why, isFault: false, count: 1, first: [readablePath(this.#prefix + path)] });
  }

  /** Something that could not be opened. */
  fail(what: "file" | "folder", path: string, code: string | undefined): void {
    const why = `${what} that cannot be opened (${code})`;
    this.#add({ why, isFault: true, count: 1, first: [readablePath(this.#prefix + path)] });
  }

  /** Takes over what another list has, whose paths are kept as they are. */
  addAll({ list }: LeftOutList): void {
    for (const kind of list) this.#add(kind);
  }

  /** The same list, whose paths are taken to follow a prefix. */
  under(prefix: string): LeftOutList {
    const list = new LeftOutList();
    list.#kinds = this.#kinds;
    list.#prefix = this.#prefix + prefix;
    return list;
  }

  /** All of it, in the order in which the reasons came up. */
  get list(): readonly LeftOut[] {
    return [...this.#kinds].map(([why, kind]) => ({ why, ...kind }));
  }

  #add({ why, isFault, count, first }: LeftOut): void {
    const kind = this.#kinds.get(why) ?? { isFault, count: 0, first: [] };
    this.#kinds.set(why, kind);
    kind.count += count;
    kind.first.push(...first.slice(0, pathsKept - kind.first.length));
  }
}

/** A line for each reason, without the newline. */
export function leftOutLines(list: readonly LeftOut[]): string[] {
  return list.map(({ why, isFault, count, first }) => {
    const more = count > first.length ? ` and ${count - first.length} more` : "";
    const names = first.map((path) => `"${path}"`).join(", ");
    return `${isFault ? "warning: " : ""}left out, ${why}: ${names}${more}`;
  });
}
