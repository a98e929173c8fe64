/**
 * @file Documentation that cannot go stale unseen: heads of files, public names, links, versions.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";
import { repositoryFile } from "../test/helpers/paths.js";
import type { Problem } from "./check.js";
import { sourceFiles } from "./source-files.js";

/** All problems of documentation. */
export function checkDocs(): Problem[] {
  return [...checkHeads(), ...checkPublicNames(), ...checkLinks(), ...checkVersion()];
}

/** Each source file starts by saying what it is. */
function checkHeads(): Problem[] {
  return sourceFiles("src", "scripts", "bench")
    .filter(
      ({ path, text }) => !path.endsWith(".test.ts") && !/^(#!.*\n)?\/\*\*\n \* @file /.test(text),
    )
    .map(({ path }) => ({
      file: path,
      problem: "expected the file to start with /** @file ... */",
    }));
}

/** Everything that src/index.ts exports has a comment of its own. */
function checkPublicNames(): Problem[] {
  const entry = repositoryFile("src/index.ts");
  const config = ts.readConfigFile(repositoryFile("tsconfig.json"), ts.sys.readFile)
    .config as object;
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, repositoryFile("."));
  const program = ts.createProgram([entry], { ...options, noEmit: true });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(entry);
  const module = source && checker.getSymbolAtLocation(source);
  if (!module) return [{ file: "src/index.ts", problem: "expected a module, got none" }];
  return checker.getExportsOfModule(module).flatMap((symbol) => {
    const isAlias = symbol.flags & ts.SymbolFlags.Alias;
    const target = isAlias ? checker.getAliasedSymbol(symbol) : symbol;
    if (target.getDocumentationComment(checker).length > 0) return [];
    return [
      { file: "src/index.ts", problem: `expected a doc comment on "${symbol.name}", got none` },
    ];
  });
}

/** Relative links and mentioned paths in the pages exist. */
function checkLinks(): Problem[] {
  const docs = existsSync(repositoryFile("docs"))
    ? readdirSync(repositoryFile("docs"), { recursive: true, encoding: "utf8" })
        .filter((path) => path.endsWith(".md"))
        .map((path) => `docs/${path}`)
    : [];
  const pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", ...docs];
  return pages.flatMap((page) => {
    const text = readFileSync(repositoryFile(page), "utf8");
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) => ({
      match,
      base: dirname(page),
    }));
    const paths = [
      ...text.matchAll(/`((?:src|test|scripts|bench|docs|examples)\/[\w./-]+\.\w+)`/g),
    ];
    const all = [...links, ...paths.map((match) => ({ match, base: "." }))];
    return all.flatMap(({ match, base }) => {
      if (existsSync(repositoryFile(join(base, match[1] ?? "")))) return [];
      const line = text.slice(0, match.index).split("\n").length;
      return [{ file: page, line, problem: `expected "${match[1]}" to exist` }];
    });
  });
}

/** The version has its section in the changelog. */
function checkVersion(): Problem[] {
  const { version } = JSON.parse(readFileSync(repositoryFile("package.json"), "utf8")) as {
    version: string;
  };
  const changes = readFileSync(repositoryFile("CHANGELOG.md"), "utf8");
  if (changes.includes(`\n## ${version}\n`)) return [];
  return [{ file: "CHANGELOG.md", problem: `expected a section "## ${version}", got none` }];
}
