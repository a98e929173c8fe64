/**
 * @file The columns of a table of photos, by the names that people give them.
 */
import { hasImageExtension } from "@inception-resnet-v2/core/internal/image/formats.js";
import { quoted } from "../folders.js";
import { invalid } from "./invalid.js";

/** What a column can be. */
export type Column = "path" | "label" | "split";

const names: { readonly [K in Column]: readonly string[] } = {
  path: "path file filename filepath image imagename imagefile imagepath img imgpath photo".split(
    " ",
  ),
  label: "label labels class classes classname category categories target tag tags".split(" "),
  split: "split set subset partition".split(" "),
};

/** What a column of this name is; case, spaces, `_` and `-` do not count. */
export function columnOf(name: string): Column | undefined {
  const plain = name.toLowerCase().replace(/[\s_-]/g, "");
  return (Object.keys(names) as Column[]).find((column) => names[column].includes(plain));
}

/** The columns of a table. */
export interface Columns {
  /** What each column is; undefined: nothing here. */
  readonly columns: readonly (Column | undefined)[];
  /** Names of those that are nothing. */
  readonly unused: readonly string[];
  /** Whether the first row names them. */
  readonly isHeader: boolean;
}

/**
 * The columns by the first row. Where that is a photo, they are path, label, split in this order.
 * Throws `InputError` when no column has paths, or two are the same.
 */
export function columnsOf(first: readonly string[], file: string): Columns {
  const columns = first.map(columnOf);
  if (columns.includes("path")) {
    const twice = columns.find((name, at) => name !== undefined && columns.indexOf(name) < at);
    if (twice !== undefined) {
      const same = first.filter((_, at) => columns[at] === twice);
      throw invalid(file, `one column of ${twice}s, got ${quoted(same)}`);
    }
    return { columns, unused: first.filter((_, at) => !columns[at]), isHeader: true };
  }
  if (hasImageExtension(first[0] ?? "")) {
    return { columns: ["path", "label", "split"], unused: [], isHeader: false };
  }
  throw invalid(
    file,
    `a first line with the columns path, label and perhaps split, got ${quoted(first)}`,
  );
}
