/**
 * @file Who may import whom: the folders in layers, and the heavy packages in one place each.
 */
import { posix } from "node:path";
import ts from "typescript";
import type { Problem } from "./check.js";
import { type SourceFile, sourceFiles } from "./source-files.js";

/**
 * A file may import its own folder and lower layers; the longest path that fits decides. Paths are
 * those of packages without `src`: all of core lies below all of node.
 */
const layers: Readonly<Record<string, number>> = {
  "core/error-codes.ts": -1,
  "core/abort.ts": 0,
  "core/errors.ts": 0,
  "core/ranges.ts": 1,
  "core/protobuf": 0,
  "core/tensor": 0,
  "core/graph": 1,
  "core/architecture": 2,
  "core/autodiff": 2,
  "core/onnx": 2,
  "core/predictions": 2,
  "core/executors/executor.ts": 2,
  "core/image": 3,
  "core/summary": 3,
  "core/evaluation": 4,
  "core/executors/reference": 4,
  "core/weights": 4,
  "core/training": 5,
  "core/index.ts": 6,
  "node/files": 6,
  "node/json": 6,
  "node/cli/exit-codes.ts": 7,
  "node/thread": 7,
  "node/image": 7,
  "node/data": 8,
  "node/executors/thread": 8,
  "node/executors/onnxruntime": 9,
  "node/executors/onednn": 9,
  "node/executors/index.ts": 10,
  "node/weights": 10,
  "node/export": 11,
  "node/model": 11,
  "node/evaluation": 12,
  "node/training": 12,
  "node/index.ts": 13,
  "node/cli": 14,
};

/** Packages and Node's modules, and the only places that may import them. */
const heavy: Readonly<Record<string, readonly string[]>> = {
  sharp: ["node/image/decode-sharp.ts"],
  "csv-parse": ["node/data/annotations/table.ts"],
  "detect-libc": ["node/executors/onnxruntime/native-advice.ts"],
  "onnxruntime-node": ["node/executors/onnxruntime"],
  "onnxruntime-web": ["node/executors/onnxruntime"],
  "onnxruntime-common": ["node/executors/onnxruntime"],
  koffi: ["node/executors/onednn"],
  "modern-tar": ["node/weights/download/untar.ts"],
  undici: ["node/weights/download/http.ts"],
  commander: ["node/cli"],
  "cli-progress": ["node/cli"],
  zod: ["node/json"],
  "node:": ["node"],
};

/** Imports that break the tables, and cycles between files. */
export function checkLayers(files: readonly SourceFile[] = sourceFiles("packages")): Problem[] {
  const sources = files.filter(({ path }) => !path.endsWith(".test.ts"));
  const imports = new Map(sources.map((file) => [file.path, importsOf(file)]));
  const problems = sources.flatMap((file) =>
    (imports.get(file.path) ?? []).flatMap((one) => judge(file, one)),
  );
  return [...problems, ...findCycles(imports)];
}

interface Import {
  readonly line: number;
  /** Path of a file of ours, or the name of a package. */
  readonly target: string;
  readonly isType: boolean;
}

/** Static imports, re-exports, `import()`, and files named by `new URL(..., import.meta.url)`. */
function importsOf({ path, text }: SourceFile): Import[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    const name = importedName(node);
    if (name !== undefined) {
      const target = fileOf(name, path) ?? name;
      const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
      found.push({ line, target, isType: isTypeOnly(node) });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The file of ours that a file imports by this name, if it is one. */
function fileOf(name: string, importer: string): string | undefined {
  if (name === "@inception-resnet-v2/core") return "packages/core/src/index.ts";
  const [, inside] = /^@inception-resnet-v2\/core\/internal\/(.*)$/.exec(name) ?? [];
  const path = inside === undefined ? posix.dirname(importer) : "packages/core/src";
  if (inside === undefined && !name.startsWith(".")) return undefined;
  return posix.join(path, inside ?? name).replace(/\.js$/, ".ts");
}

/** A path without what all have: `packages/core/src/graph/ir.ts` is `core/graph/ir.ts`. */
function short(path: string): string {
  return path.replace(/^packages\/(\w+)\/src\//, "$1/");
}

function importedName(node: ts.Node): string | undefined {
  const text = (child: ts.Node | undefined) =>
    child && ts.isStringLiteralLike(child) ? child.text : undefined;
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    return text(node.moduleSpecifier);
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    return text(node.argument.literal);
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return text(node.arguments[0]);
  }
  const isFileUrl =
    ts.isNewExpression(node) &&
    ts.isIdentifier(node.expression) &&
    node.expression.text === "URL" &&
    node.arguments?.length === 2;
  const file = isFileUrl ? text(node.arguments?.[0]) : undefined;
  return file?.endsWith(".js") ? file : undefined;
}

/** Whether nothing is left of an import when it runs; a thread's file runs apart from its starter. */
function isTypeOnly(node: ts.Node): boolean {
  if (ts.isImportDeclaration(node)) {
    return node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
  }
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  return ts.isImportTypeNode(node) || ts.isNewExpression(node);
}

function judge({ path }: SourceFile, { line, target }: Import): Problem[] {
  if (!target.startsWith("packages/")) {
    const name = target.startsWith("node:") ? "node:" : (target.split("/")[0] ?? "");
    const places = heavy[name];
    if (!places)
      return [
        {
          file: path,
          line,
          problem: `package "${target}" is not in the table of scripts/check-layers.ts`,
        },
      ];
    if (places.some((place) => isIn(path, place))) return [];
    return [
      { file: path, line, problem: `"${target}" may be imported only in ${places.join(", ")}` },
    ];
  }
  const [from, to] = [layerOf(path), layerOf(target)];
  if (from === undefined || to === undefined) {
    return [{ file: path, line, problem: `"${target}" has no layer in scripts/check-layers.ts` }];
  }
  if (from.place === to.place || from.layer > to.layer) return [];
  return [
    {
      file: path,
      line,
      problem: `layer ${from.layer} (${from.place}) may not import layer ${to.layer} (${to.place})`,
    },
  ];
}

function isIn(path: string, place: string): boolean {
  return short(path) === place || short(path).startsWith(`${place}/`);
}

function layerOf(path: string): { place: string; layer: number } | undefined {
  const fitting = Object.entries(layers).filter(([place]) => isIn(path, place));
  const [best] = fitting.sort(([a], [b]) => b.length - a.length);
  return best && { place: best[0], layer: best[1] };
}

/** Cycles of imports that exist at run time; types alone may refer to each other. */
function findCycles(imports: ReadonlyMap<string, readonly Import[]>): Problem[] {
  const done = new Set<string>();
  const problems: Problem[] = [];
  const visit = (path: string, trail: readonly string[]) => {
    if (trail.includes(path)) {
      const cycle = [...trail.slice(trail.indexOf(path)), path];
      problems.push({ file: path, problem: `imports itself: ${cycle.join(" -> ")}` });
      return;
    }
    if (done.has(path)) return;
    done.add(path);
    for (const { target, isType } of imports.get(path) ?? []) {
      if (!isType) visit(target, [...trail, path]);
    }
  };
  for (const path of imports.keys()) visit(path, []);
  return problems;
}
