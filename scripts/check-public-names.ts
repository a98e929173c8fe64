/**
 * @file Every name that a program can import has a doc comment, and so has each of its members; an
 * optional member says what it is where it is left out (`@defaultValue`).
 */
import { relative } from "node:path";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import ts from "typescript";
import type { Problem } from "./check.js";

/** Entry files of the packages. */
const entries = ["packages/core/src/index.ts", "packages/node/src/index.ts"];

/** Everything that entry files export. */
export function checkPublicNames(files: readonly string[] = entries): Problem[] {
  const { config } = ts.readConfigFile(repositoryFile("tsconfig.base.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, repositoryFile("."));
  const program = ts.createProgram(files.map(repositoryFile), { ...options, noEmit: true });
  const checker = program.getTypeChecker();
  const symbols = files.flatMap((file) => {
    const source = program.getSourceFile(repositoryFile(file));
    const module = source && checker.getSymbolAtLocation(source);
    return module ? checker.getExportsOfModule(module) : [];
  });
  const found = new Set(
    symbols.map((symbol) =>
      symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
    ),
  );
  return [...found].flatMap((symbol) => [
    ...judge(symbol, symbol.name, checker),
    ...membersOf(symbol, checker).flatMap((one) =>
      judge(one, `${symbol.name}.${one.name}`, checker),
    ),
  ]);
}

function judge(symbol: ts.Symbol, name: string, checker: ts.TypeChecker): Problem[] {
  const [declaration] = symbol.declarations ?? [];
  if (!declaration || isBuilt(declaration)) return []; // checked where its source is
  const problem = (text: string) => [{ ...placeOf(declaration), problem: text }];
  if (symbol.getDocumentationComment(checker).length === 0) {
    return problem(`expected a doc comment on "${name}", got none`);
  }
  const isOptional = ts.isPropertySignature(declaration) && declaration.questionToken !== undefined;
  const hasDefault = symbol.getJsDocTags(checker).some((tag) => tag.name === "defaultValue");
  const isOption = /(Options|Controls|Callbacks)\b/.test(name.split(".")[0] ?? "");
  if (isOptional && isOption && !hasDefault) {
    return problem(`expected @defaultValue in the doc comment on "${name}", got none`);
  }
  return [];
}

/** Another package is read as it was built; its own entry file is among those that are checked. */
function isBuilt(declaration: ts.Declaration): boolean {
  return declaration.getSourceFile().isDeclarationFile;
}

/** Members that a program sees, inherited ones too: of interfaces, classes and types that are objects. */
function membersOf(symbol: ts.Symbol, checker: ts.TypeChecker): ts.Symbol[] {
  if (symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.Class)) {
    const statics =
      symbol.flags & ts.SymbolFlags.Class ? [...(symbol.exports?.values() ?? [])] : [];
    return [...checker.getDeclaredTypeOfSymbol(symbol).getProperties(), ...statics].filter(isShown);
  }
  return (symbol.declarations ?? []).flatMap((one) =>
    ts.isTypeAliasDeclaration(one) ? literalsIn(one.type) : [],
  );
}

function isShown({ name, valueDeclaration: one }: ts.Symbol): boolean {
  if (name.startsWith("__") || name === "prototype") return false;
  const isPrivate = one && ts.getCombinedModifierFlags(one) & ts.ModifierFlags.Private;
  return (
    !isPrivate && !(one && ts.isClassElement(one) && one.name && ts.isPrivateIdentifier(one.name))
  );
}

function literalsIn(type: ts.TypeNode): ts.Symbol[] {
  if (ts.isParenthesizedTypeNode(type)) return literalsIn(type.type);
  if (ts.isUnionTypeNode(type) || ts.isIntersectionTypeNode(type)) {
    return type.types.flatMap(literalsIn);
  }
  if (!ts.isTypeLiteralNode(type)) return [];
  return type.members.flatMap((member) => (member as { symbol?: ts.Symbol }).symbol ?? []);
}

function placeOf(declaration: ts.Declaration): { file: string; line: number } {
  const source = declaration.getSourceFile();
  const { line } = source.getLineAndCharacterOfPosition(declaration.getStart(source));
  return { file: relative(repositoryFile("."), source.fileName), line: line + 1 };
}
