/**
 * @file Who may import whom: the folders in layers, and the heavy packages in one place each.
 */
import { posix } from "node:path";
import ts from "typescript";
import type { Problem } from "./check.js";
import { type SourceFile, sourceFiles } from "./source-files.js";

/** A file may import its own folder and lower layers; the longest path that fits decides. */
const layers: Readonly<Record<string, number>> = {
  "src/errors.ts": 0,
  "src/tensor": 0,
  "src/onnx": 2,
  "src/graph": 1,
  "src/architecture": 2,
  "src/autodiff": 2,
  "src/image": 2,
  "src/predictions": 2,
  "src/summary": 2,
  "src/data": 3,
  "src/evaluation": 3,
  "src/executors/executor.ts": 2,
  "src/executors/thread": 3,
  "src/executors/reference": 4,
  "src/executors/onnxruntime": 4,
  "src/executors/onednn": 4,
  "src/executors/index.ts": 5,
  "src/weights": 4,
  "src/export": 6,
  "src/model": 6,
  "src/training": 7,
  "src/index.ts": 8,
  "src/cli": 9,
};

/** Packages and Node's modules, and the only places that may import them. */
const heavy: Readonly<Record<string, readonly string[]>> = {
  sharp: ["src/image/decode-node.ts"],
  "onnxruntime-node": ["src/executors/onnxruntime"],
  "onnxruntime-web": ["src/executors/onnxruntime"],
  "onnxruntime-common": ["src/executors/onnxruntime"],
  koffi: ["src/executors/onednn"],
  protobufjs: ["src/onnx", "src/training"],
  "@huggingface": ["src/weights/hub.ts"],
  undici: ["src/weights/download/http.ts"],
  commander: ["src/cli"],
  "cli-progress": ["src/cli"],
  "node:": [
    "src/image/decode-cache.ts",
    "src/image/decode-node.ts",
    "src/image/find-images.ts",
    "src/image/image-worker.ts",
    "src/image/loader.ts",
    "src/image/read-node.ts",
    "src/data",
    "src/executors/onednn",
    "src/executors/onnxruntime",
    "src/executors/thread",
    "src/weights",
    "src/export",
    "src/training",
    "src/cli",
  ],
};

/** Imports that break the tables, and cycles between files. */
export function checkLayers(files: readonly SourceFile[] = sourceFiles("src")): Problem[] {
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
      const target = name.startsWith(".")
        ? posix.join(posix.dirname(path), name).replace(/\.js$/, ".ts")
        : name;
      const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
      found.push({ line, target, isType: isTypeOnly(node) });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
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
  if (!target.startsWith("src/")) {
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
    if (places.some((place) => path === place || path.startsWith(`${place}/`))) return [];
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

function layerOf(path: string): { place: string; layer: number } | undefined {
  const fitting = Object.entries(layers).filter(
    ([place]) => path === place || path.startsWith(`${place}/`),
  );
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
