import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { KindlingError } from "../errors.ts";
import { exists, runApt, unpackDebs } from "./package-cache.ts";
import { parseInstalls } from "./peer-packages.ts";

/** Packages of another Debian suite or architecture than this machine's own. */
export type SuiteWish = {
  /** Absent: the machine's own. */
  readonly suite?: string;
  readonly architecture?: "amd64" | "arm64";
  /** Names; `dependency` names a package whose dependency of that pattern is meant. */
  readonly names: readonly string[];
  readonly dependency?: { readonly of: string; readonly pattern: RegExp };
};

/** One Debian archive as apt's sources name it. */
export type DebianSource = {
  readonly uri: string;
  readonly suite: string;
  readonly signedBy?: string;
};

const sourcesFolder = "/etc/apt/sources.list.d";

/**
 * Downloads and unpacks packages below the folder it returns. apt's lists for them are in `work` and its
 * configuration stays as it is: the mirror and the key are those that this machine trusts already.
 */
export async function unpackSuitePackages(wish: SuiteWish, work: string): Promise<string> {
  const options = await openSuiteApt(wish, work);
  const names = [...wish.names];
  if (wish.dependency) {
    const words = [...options, "depends", wish.dependency.of];
    const found = wish.dependency.pattern.exec(await runApt("apt-cache", words, work))?.[1];
    if (found) names.push(found);
  }
  await runApt("apt-get", [...options, "download", ...names], work);
  return unpackDebs(work);
}

/** Which lists apt is to know: of packages, or of the sources that they are built from. */
export type AptLists = Pick<SuiteWish, "suite" | "architecture"> & { readonly kind?: "deb-src" };

/** Fetches the lists of a suite into `work`; the options with which apt knows that suite and nothing else. */
export async function openSuiteApt(wish: AptLists, work: string): Promise<readonly string[]> {
  const source = findDebianSource(await readSources());
  if (source === undefined) {
    const message = `apt's sources name no Debian archive: want one in ${sourcesFolder}`;
    throw new KindlingError("lab.missing-tool", message, {});
  }
  const options = await privateApt(wish, source, work);
  await runApt("apt-get", [...options, "update"], work);
  return options;
}

/** These packages of the suite and all that they depend on, as if nothing were installed. */
export async function planSuitePackages(
  options: readonly string[],
  names: readonly string[],
  work: string,
): Promise<readonly string[]> {
  const words = [...options, "-s", "--no-install-recommends", "install", ...names];
  return parseInstalls(await runApt("apt-get", words, work));
}

/** The Debian archive proper out of apt's source texts, of either style; no security, no updates. */
export function findDebianSource(texts: readonly string[]): DebianSource | undefined {
  const all = texts.flatMap((text) => [...parseStanzas(text), ...parseLines(text)]);
  return all.find(({ uri, suite }) => /\/debian\/?$/.test(uri) && /^[a-z]+$/.test(suite));
}

// deb822(5): fields of a stanza, stanzas apart by empty lines.
function parseStanzas(text: string): readonly DebianSource[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const field = (name: string) =>
      new RegExp(`^${name}:\\s*(.*)$`, "im").exec(stanza)?.[1]?.trim();
    const [uri, suites, signedBy] = [field("URIs"), field("Suites"), field("Signed-By")];
    if (!uri || !suites || !/\bdeb\b(?!-)/.test(field("Types") ?? "")) return [];
    return suites.split(/\s+/).map((suite) => ({ uri, suite, ...(signedBy && { signedBy }) }));
  });
}

function parseLines(text: string): readonly DebianSource[] {
  return [...text.matchAll(/^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s/gm)].map(
    ([, options = "", uri = "", suite = ""]) => {
      const signedBy = /signed-by=(\S+)/.exec(options)?.[1];
      return { uri, suite, ...(signedBy && { signedBy }) };
    },
  );
}

async function readSources(): Promise<readonly string[]> {
  const listed = await readdir(sourcesFolder).catch(() => []);
  const files = [...listed.map((name) => join(sourcesFolder, name)), "/etc/apt/sources.list"];
  const there: string[] = [];
  for (const file of files) if (await exists(file)) there.push(await readFile(file, "utf8"));
  return there;
}

async function privateApt(
  { suite, architecture = "amd64", kind }: AptLists,
  source: DebianSource,
  work: string,
): Promise<readonly string[]> {
  const at = (name: string) => join(work, "apt", name);
  await mkdir(at("lists/partial"), { recursive: true });
  await mkdir(at("cache/archives/partial"), { recursive: true });
  const signed = source.signedBy ? `[signed-by=${source.signedBy}] ` : "";
  const line = `${kind ?? "deb"} ${signed}${source.uri} ${suite ?? source.suite} main\n`;
  await writeFile(at("sources.list"), line);
  await writeFile(at("status"), "");
  const settings = {
    "Dir::Etc::sourcelist": at("sources.list"),
    "Dir::Etc::sourceparts": "/dev/null",
    "Dir::State::lists": at("lists"),
    "Dir::State::status": at("status"),
    "Dir::Cache": at("cache"),
    "Acquire::Languages": "none",
    "APT::Architecture": architecture,
    "APT::Architectures::": architecture,
    "APT::Sandbox::User": "root",
  };
  return ["-q", ...Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`])];
}
