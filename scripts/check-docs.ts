/**
 * @file Checks documentation: file headers, docstrings of public names, links, versions.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import type { Problem } from "./check.js";
import { checkPublicNames } from "./check-public-names.js";
import { type SourceFile, sourceFiles } from "./source-files.js";

/** All problems of documentation. */
export function checkDocs(): Problem[] {
  return [...checkHeads(), ...checkPublicNames(), ...checkLinks(), ...checkVersion()];
}

/** Each file but the unit tests starts by saying what it is. */
export function checkHeads(
  files: readonly SourceFile[] = sourceFiles("packages", "scripts", "bench", "examples", "test"),
): Problem[] {
  return files
    .filter(({ path }) => !path.endsWith(".test.ts"))
    .filter(({ text }) => !/^(#!.*\n)?\/\*\*\s+(\* )?@file /.test(text))
    .map(({ path }) => ({
      file: path,
      problem: "expected the file to start with /** @file ... */",
    }));
}

const linkPattern = /\]\((?!\w+:|#)([^)#\s]+)/g;
const pathPattern =
  /(?<![\w./@-])(?:packages|test|scripts|bench|docs|examples)(?:\/[\w.-]*\w)+(?![\w*])/g;

/** Relative links and the paths that a page mentions exist. */
export function checkLinks(pages: readonly SourceFile[] = documentationPages()): Problem[] {
  return pages.flatMap(({ path, text }) => {
    const links = [...text.matchAll(linkPattern)].map(({ index, 1: link = "" }) => ({
      index,
      text: link,
      target: join(dirname(path), link),
    }));
    const paths = [...text.matchAll(pathPattern)].map(({ index, 0: mention }) => ({
      index,
      text: mention,
      target: mention,
    }));
    const linked = new Set(links.map(({ index }) => index + 2));
    const mentions = [...links, ...paths.filter(({ index }) => !linked.has(index))];
    return mentions
      .filter(({ target }) => !existsSync(repositoryFile(target)))
      .map(({ index, text: name }) => ({
        file: path,
        line: text.slice(0, index).split("\n").length,
        problem: `expected "${name}" to exist`,
      }));
  });
}

function documentationPages(): SourceFile[] {
  const docs = existsSync(repositoryFile("docs"))
    ? readdirSync(repositoryFile("docs"), { recursive: true, encoding: "utf8" })
        .filter((path) => path.endsWith(".md"))
        .map((path) => `docs/${path.replaceAll("\\", "/")}`)
    : [];
  const packages = ["core/README.md", "node/README.md", "node/models/everyday/README.md"].map(
    (page) => `packages/${page}`,
  );
  const pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", ...packages];
  return [...pages, ...docs].map((path) => ({
    path,
    text: readFileSync(repositoryFile(path), "utf8"),
  }));
}

/** The version has its section in the changelog. */
export function checkVersion(
  version = packageVersion(),
  changes = readFileSync(repositoryFile("CHANGELOG.md"), "utf8"),
): Problem[] {
  const headings = changes.split("\n").filter((line) => line.startsWith("## "));
  if (headings.some((line) => line === `## ${version}` || line.startsWith(`## ${version} `))) {
    return [];
  }
  return [{ file: "CHANGELOG.md", problem: `expected a section "## ${version}", got none` }];
}

function packageVersion(): string {
  const text = readFileSync(repositoryFile("packages/node/package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
