/** Lists of checksums as upstreams publish them: text → SHA-256 in lower case by file name. */

/** A list with more lines than this is none: Debian's longest has about a thousand. */
const linesMax = 20_000;

/**
 * `<hash>  <name>` and `<hash> *<name>` of sha256sum, `SHA256 (<name>) = <hash>` of BSD. A leading `./`
 * is left out. Lines of other kinds, such as those of a signature around them, are passed over.
 */
export function parseSha256Sums(text: string): ReadonlyMap<string, string> {
  const lines = text.split(/\r?\n/, linesMax);
  return new Map(lines.flatMap((line) => readSum(line) ?? []));
}

function readSum(line: string): [readonly [string, string]] | undefined {
  const plain = /^([0-9a-f]{64}) [ *](\S.*)$/i.exec(line);
  const tagged = /^SHA256 \((.+)\) = ([0-9a-f]{64})$/i.exec(line);
  const [name, hash] = plain ? [plain[2], plain[1]] : [tagged?.[1], tagged?.[2]];
  if (name === undefined || hash === undefined) return undefined;
  return [[name.replace(/^\.\//, ""), hash.toLowerCase()]];
}

/** What is read of a Debian `Release`: its version and the files it vouches for. */
export type DebianRelease = {
  readonly version: string | undefined;
  readonly codename: string | undefined;
  readonly sha256: ReadonlyMap<string, string>;
};

/** Fields begin at the line's start; those of `SHA256:` follow it, each after a blank. */
export function parseDebianRelease(text: string): DebianRelease {
  const lines = text.split(/\r?\n/, linesMax);
  const field = (name: string) =>
    lines
      .find((line) => line.startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim();
  const start = lines.findIndex((line) => line.startsWith("SHA256:"));
  const rest = start < 0 ? [] : lines.slice(start + 1);
  const end = rest.findIndex((line) => !line.startsWith(" "));
  const rows = end < 0 ? rest : rest.slice(0, end);
  const sums = rows.flatMap((row): [string, string][] => {
    const [hash = "", , name = ""] = row.trim().split(/\s+/);
    return /^[0-9a-f]{64}$/i.test(hash) && name !== "" ? [[name, hash.toLowerCase()]] : [];
  });
  return { version: field("Version"), codename: field("Codename"), sha256: new Map(sums) };
}

/** What is read of a `.treeinfo`. */
export type TreeInfo = {
  readonly version: string | undefined;
  readonly sha256: ReadonlyMap<string, string>;
};

/** The INI file of an install tree: `[checksums]` has `path = sha256:<hash>`. */
export function parseTreeInfo(text: string): TreeInfo {
  let section = "";
  let version: string | undefined;
  const sums = new Map<string, string>();
  for (const line of text.split(/\r?\n/, linesMax)) {
    const head = /^\[([^\]]+)\]$/.exec(line.trim());
    if (head) section = head[1] ?? "";
    const [, key = "", value = ""] = /^([^=\s]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (section === "general" && key === "version") version = value;
    const hash = /^sha256:([0-9a-f]{64})$/i.exec(value)?.[1];
    if (section === "checksums" && hash !== undefined) sums.set(key, hash.toLowerCase());
  }
  return { version, sha256: sums };
}
