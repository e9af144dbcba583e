/** A flag of matchbox: its name, what it is when nobody gives it, and whether it takes a value. */
const Flags = {
  address: "127.0.0.1:8080",
  "rpc-address": "",
  "data-path": "/var/lib/matchbox",
  "assets-path": "/var/lib/matchbox/assets",
  "log-level": "info",
  "cert-file": "/etc/matchbox/server.crt",
  "key-file": "/etc/matchbox/server.key",
  "ca-file": "/etc/matchbox/ca.crt",
  "key-ring-path": "",
  "web-ssl": "false",
  "web-cert-file": "/etc/matchbox/ssl/server.crt",
  "web-key-file": "/etc/matchbox/ssl/server.key",
  /** Not matchbox's own: how unclean paths are answered, for firmware that follows no redirect. */
  compat: "redirect",
  version: "false",
  help: "false",
} as const;

type FlagName = keyof typeof Flags;

/** The flags with their values; true and false are text here too. */
export type MatchboxFlags = Readonly<Record<FlagName, string>>;

export type MatchboxCall =
  | { readonly kind: "serve"; readonly flags: MatchboxFlags }
  | { readonly kind: "version" }
  | { readonly kind: "help" }
  | { readonly kind: "bad-flag"; readonly message: string }
  | { readonly kind: "bad-variable"; readonly message: string };

const switches: readonly string[] = ["web-ssl", "version", "help"] satisfies FlagName[];

const Booleans: Readonly<Record<string, "true" | "false">> = Object.fromEntries([
  ...["1", "t", "T", "true", "TRUE", "True"].map((word) => [word, "true"] as const),
  ...["0", "f", "F", "false", "FALSE", "False"].map((word) => [word, "false"] as const),
]);

/**
 * A command line and environment in matchbox's grammar, that of Go's flag package: one dash or two,
 * a value behind `=` or as the next word, a switch with `=` only, and the first word that is no flag
 * ends them. A variable counts where the flag is not given, unless it is empty.
 */
export function parseMatchboxFlags(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): MatchboxCall {
  const given = readArguments(argv);
  if (typeof given === "string") return { kind: "bad-flag", message: given };
  const flags: Record<FlagName, string> = { ...Flags };
  for (const name of flagNames) {
    const variable = `MATCHBOX_${name.replaceAll("-", "_").toUpperCase()}`;
    const value = given.get(name) ?? (environment[variable] || Flags[name]);
    const read = switches.includes(name) ? Booleans[value] : value;
    if (read === undefined) {
      return { kind: "bad-variable", message: `${variable}: want true or false, got "${value}"` };
    }
    flags[name] = read;
  }
  if (flags.help === "true") return { kind: "help" };
  return flags.version === "true" ? { kind: "version" } : { kind: "serve", flags };
}

/** The flags as text for people. */
export function matchboxUsage(): string {
  const rows = flagNames.map((name) => {
    const preset = switches.includes(name) ? "" : ` value (default "${Flags[name]}")`;
    return `  -${name}${preset}`;
  });
  return ["usage: kindling matchbox [flags]", ...rows, ""].join("\n");
}

// The keys of a literal are those of its type.
const flagNames = Object.keys(Flags) as readonly FlagName[];

function readArguments(argv: readonly string[]): ReadonlyMap<FlagName, string> | string {
  const given = new Map<FlagName, string>();
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? "";
    const [, written = "", equals, value = ""] = /^--?([^=]*)(=)?(.*)$/s.exec(word) ?? [];
    if (word === "--" || word === "-" || !word.startsWith("-")) break;
    const name = flagNames.find((one) => one === written);
    if (name === undefined) return `flag provided but not defined: -${written}`;
    if (switches.includes(name)) {
      const state = equals === undefined ? "true" : Booleans[value];
      if (state === undefined) return `invalid boolean value "${value}" for -${name}`;
      given.set(name, state);
    } else if (equals === undefined) {
      index += 1;
      const next = argv[index];
      if (next === undefined) return `flag needs an argument: -${name}`;
      given.set(name, next);
    } else given.set(name, value);
  }
  return given;
}
