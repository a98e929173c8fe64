/**
 * @file The text of a table of photos as records of named fields: CSV, TSV, JSON Lines, lists.
 *
 * The ending of the file's name says which. Columns go by their names in the first line; a table
 * without such a line has the columns path, label, split in this order.
 */
import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { InputError } from "@inception-resnet-v2/core/internal/errors.js";
import type { CsvError } from "csv-parse/sync";
import { type Column, columnOf, columnsOf } from "./columns.js";
import { invalid } from "./invalid.js";

/** A record of a table: its fields by column, where they are given. */
export interface TableRecord {
  /** Line of the file, from 1. */
  readonly line: number;
  readonly path?: unknown;
  /** One label, or a list of them. */
  readonly label?: unknown;
  readonly split?: unknown;
}

/** A table as it was read. */
export interface Table {
  readonly records: readonly TableRecord[];
  /** Names of the columns that mean nothing here. */
  readonly unused: readonly string[];
}

const readers: Readonly<Record<string, (text: string, file: string) => Table | Promise<Table>>> = {
  ".csv": (text, file) => readSeparated(text, file, delimiterOf(text)),
  ".tsv": (text, file) => readSeparated(text, file, "\t"),
  ".tab": (text, file) => readSeparated(text, file, "\t"),
  ".jsonl": readJsonLines,
  ".ndjson": readJsonLines,
  ".txt": readList,
  ".lst": readList,
};

/** Reads a table. Throws `InputError` when it cannot be read or is none. */
export async function readTable(file: string): Promise<Table> {
  const read = readers[extname(file).toLowerCase()];
  if (!read) {
    throw new InputError(
      "ANNOTATIONS_FORMAT",
      `Cannot read annotations from "${file}": expected a name that ends in ${Object.keys(readers).join(", ")}, got "${extname(file)}"`,
    );
  }
  const bytes = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
    const got = cause.code === "ENOENT" ? "nothing of that name" : cause.code;
    throw new InputError(
      cause.code === "ENOENT" ? "ANNOTATIONS_MISSING" : "ANNOTATIONS_UNREADABLE",
      `Cannot read annotations from "${file}": expected a file, got ${got}`,
      { cause },
    );
  });
  return await read(decode(bytes, file), file);
}

/** UTF-8, or UTF-16 with a mark, as spreadsheets write it; the mark is dropped. */
function decode(bytes: Uint8Array, file: string): string {
  const mark = Buffer.from(bytes.subarray(0, 2)).toString("hex");
  const encoding = { fffe: "utf-16le", feff: "utf-16be" }[mark] ?? "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw invalid(file, `text in UTF-8, got other bytes`, { cause });
  }
}

/** What separates the cells of the first line: spreadsheets write semicolons in many countries. */
function delimiterOf(text: string): string {
  const [first = ""] = text.split(/\r?\n|\r/, 1);
  const bare = first.replace(/"[^"]*"/g, "");
  if (bare.includes(",")) return ",";
  return [";", "\t"].find((one) => bare.includes(one)) ?? ",";
}

async function readSeparated(text: string, file: string, delimiter: string): Promise<Table> {
  const { parse } = await import("csv-parse/sync");
  try {
    const rows = parse(text, {
      delimiter,
      bom: true,
      info: true,
      relax_column_count_less: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as readonly { record: readonly string[]; info: { lines: number } }[];
    return readCells(
      rows.map(({ record, info }) => ({ line: info.lines, cells: record })),
      file,
    );
  } catch (error) {
    const { code, lines } = error as CsvError & { readonly lines?: number };
    if (error instanceof InputError || code === undefined) throw error;
    throw invalid(file, `rows of one form, got ${problems[code] ?? code} in line ${lines}`, {
      cause: error,
    });
  }
}

const problems: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: "a quote that does not end",
  CSV_INVALID_CLOSING_QUOTE: "text after a quote",
  INVALID_OPENING_QUOTE: "a quote inside a cell",
  CSV_RECORD_INCONSISTENT_FIELDS_LENGTH: "more cells than in the first",
};

/** What separates several labels in a cell; a label that has it goes into JSON Lines. */
const labelSeparator = /\s*[;|]\s*/;

function readCell(column: Column | undefined, cell: string | undefined): unknown {
  const isList = column === "label" && cell !== undefined && labelSeparator.test(cell);
  return isList ? cell.split(labelSeparator).filter((label) => label !== "") : cell;
}

function readCells(
  rows: readonly { readonly line: number; readonly cells: readonly string[] }[],
  file: string,
): Table {
  const [first] = rows;
  if (!first) throw invalid(file, "rows, got none");
  const { columns, unused, isHeader } = columnsOf(first.cells, file);
  const records = rows.slice(isHeader ? 1 : 0).map(({ line, cells }) => {
    const fields = columns.map((name, at) => [name, readCell(name, cells[at])] as const);
    return { line, ...Object.fromEntries(fields.filter(([name]) => name !== undefined)) };
  });
  return { records, unused };
}

function readJsonLines(text: string, file: string): Table {
  const unused = new Set<string>();
  const records: TableRecord[] = [];
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const record: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(parseObject(line, at + 1, file))) {
      const column = columnOf(name);
      if (column === undefined) unused.add(name);
      else record[column] = value;
    }
    records.push({ line: at + 1, ...record });
  }
  if (records.length === 0) throw invalid(file, "lines, got none");
  return { records, unused: [...unused] };
}

function parseObject(line: string, number: number, file: string): object {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // not JSON: said below
  }
  throw invalid(file, `a JSON object in each line, got something else in line ${number}`);
}

/** A path, and after it, as in lists for Caffe, perhaps the number of its class. */
const numbered = /^(.+\.[a-z]{2,5})\s+(\d+)$/i;

/** One path a line; or path and label with a tab between them. */
function readList(text: string, file: string): Table {
  const lines = text.split(/\r?\n/).map((line, at) => ({ line: at + 1, text: line.trim() }));
  const given = lines.filter((one) => one.text !== "");
  if (given.length === 0) throw invalid(file, "paths, got none");
  const isNumbered = given.every((one) => numbered.test(one.text));
  const records = given.map(({ line, text: one }) => {
    const [path, label] = isNumbered ? (numbered.exec(one)?.slice(1) ?? []) : one.split("\t");
    return { line, path, ...(label !== undefined && { label }) };
  });
  return { records, unused: [] };
}
