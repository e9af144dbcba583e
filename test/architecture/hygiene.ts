import { lineOf, type SourceFile, type Violation } from "./tree.ts";

// Written so that no line of this file is what it looks for.
const Hosts = /\b(?:registry|deb|security)[.](?:npmjs|yarnpkg|debian)[.](?:org|com)\b/gi;
const HomePaths = /(?<![\w.$}-])\/(?:home|Users|root)\/[\w.-]+/g;

/** No registry is named by host and no path of one person's machine stands anywhere. */
export function checkPlaces(files: readonly SourceFile[]): readonly Violation[] {
  return files.flatMap(({ path, text }) => [
    ...[...text.matchAll(Hosts)].map(
      ({ index }) =>
        `${path}:${lineOf(text, index)} names a registry's host: let the client find it`,
    ),
    ...[...text.matchAll(HomePaths)].map(
      ({ index, 0: found }) => `${path}:${lineOf(text, index)} names ${found}: make it relative`,
    ),
  ]);
}

/** The lock file says what and with which hash, not from where: mirrors differ from site to site. */
export function checkLock(files: readonly SourceFile[]): readonly Violation[] {
  return files
    .filter(({ path }) => path.endsWith("package-lock.json"))
    .filter(({ text }) => text.includes('"resolved"'))
    .map(({ path }) => `${path} has "resolved": install with omit-lockfile-registry-resolved`);
}
