/**
 * The house guards itself: rules of the project as functions from files to violations. Each rule is
 * run on the real tree and on a small made-up one that breaks it, so that no rule can pass by being
 * blind. Nothing here runs the code it reads.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";

/** One text file; `path` is relative to the root, with forward slashes. */
export type SourceFile = { readonly path: string; readonly text: string };

/** What is wrong and where, with the cure: printed as it is when a rule fails. */
export type Violation = string;

/** Files that a rule leaves alone, and why. */
export type Exception = { readonly path: RegExp; readonly reason: string };

const root = resolve(import.meta.dirname, "../..");

const IgnoredFolders = new Set([".git", "node_modules", "coverage", ".cache", "out"]);
/** Larger files are data, not source. */
const fileBytesMax = 1024 * 1024;

/** Every text file below `folder`, in order of path; links are not followed. */
export function readTree(folder: string = root): readonly SourceFile[] {
  return listFiles(folder)
    .map((path) => ({ path: relative(folder, path), bytes: readFileSync(path) }))
    .filter(({ bytes }) => bytes.length <= fileBytesMax && !bytes.includes(0))
    .map(({ path, bytes }) => ({ path, text: bytes.toString("utf8") }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The TypeScript files below `folder` ("src/"); all of them below "". */
export function typescriptIn(files: readonly SourceFile[], folder: string): readonly SourceFile[] {
  return files.filter(({ path }) => path.startsWith(folder) && path.endsWith(".ts"));
}

/** A made-up tree for a rule's own test: path → text. */
export function fixture(texts: Readonly<Record<string, string>>): readonly SourceFile[] {
  return Object.entries(texts).map(([path, text]) => ({ path, text }));
}

/** The line number of a place in a text, from 1. */
export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return IgnoredFolders.has(entry.name) ? [] : listFiles(path);
    return entry.isFile() ? [path] : [];
  });
}
