import type { MacAddress } from "../../wire/mac.ts";
import type { NodeRole } from "../cluster.ts";
import { SectionOf } from "../cluster.ts";

/** A machine as another tool knew it. */
export type DraftMachine = {
  readonly role: NodeRole;
  readonly name: string;
  readonly mac: MacAddress;
  /** Absent: the other tool left it to a DHCP server. */
  readonly address?: string;
  readonly disk?: string;
  readonly bmc?: string;
};

/** A description as far as an import can tell it. */
export type ClusterDraft = {
  /** What the import came from, for the first line. */
  readonly source: string;
  readonly machines: readonly DraftMachine[];
  /** Keys of the description and their values: text, a list of it, or text of several lines. */
  readonly settings: readonly DraftSetting[];
  /** What was not taken over, and why. */
  readonly dropped: readonly { readonly what: string; readonly why: string }[];
};

export type DraftSetting = {
  readonly key: string;
  readonly value: string | readonly string[] | DraftBlock;
  readonly note?: string;
};

/** Keys below a key. */
export type DraftBlock = { readonly [key: string]: string | readonly string[] | DraftBlock };

/** The draft as a `cluster.yaml` for a person to go over. */
export function formatDraft({ source, machines, settings, dropped }: ClusterDraft): string {
  const sections = (["controller", "worker", "infra"] as const).flatMap((role) => {
    const rows = machines.filter((machine) => machine.role === role);
    return rows.length === 0 ? [] : ["", `${SectionOf[role]}:`, ...rows.map(machineLine)];
  });
  const isUnaddressed = machines.some(({ address }) => address === undefined);
  const hint = isUnaddressed
    ? ["# Give each machine an address: Kindling keeps it, and certificates name it."]
    : [];
  // What another wrote must not end the comment's line.
  const left = dropped.map(({ what, why }) => `# - ${`${what}: ${why}`.replace(/\s+/g, " ")}`);
  const lines = [
    `# Made from ${source}. Look it over, then: kindling cluster validate`,
    ...hint,
    ...settings.flatMap(settingLines),
    ...sections,
    ...(left.length === 0 ? [] : ["", "# Not taken over:", ...left]),
  ];
  return `${lines.join("\n")}\n`;
}

function machineLine({ name, mac, address, disk, bmc }: DraftMachine): string {
  const words = [
    `name: ${scalar(name)}`,
    `mac: ${scalar(mac)}`,
    `address: ${address === undefined ? '""' : scalar(address)}`,
    ...(disk === undefined ? [] : [`disk: ${scalar(disk)}`]),
    ...(bmc === undefined ? [] : [`bmc: { address: ${scalar(bmc)} }`]),
  ];
  return `  - { ${words.join(", ")} }`;
}

function settingLines({ key, value, note }: DraftSetting): readonly string[] {
  const [first = "", ...rest] = valueLines(key, value, "");
  return [note === undefined ? first : `${first} # ${note}`, ...rest];
}

function valueLines(key: string, value: DraftSetting["value"], indent: string): readonly string[] {
  const inner = `${indent}  `;
  if (typeof value === "string") {
    if (!value.includes("\n")) return [`${indent}${key}: ${scalar(value)}`];
    const lines = value.trimEnd().split("\n");
    return [`${indent}${key}: |`, ...lines.map((line) => `${inner}${line}`)];
  }
  if (isList(value))
    return [`${indent}${key}:`, ...value.map((item) => `${inner}- ${scalar(item)}`)];
  return [
    `${indent}${key}:`,
    ...Object.entries(value).flatMap(([name, one]) => valueLines(name, one, inner)),
  ];
}

// Plain where YAML reads it as the same text, in quotes elsewhere.
function scalar(value: string): string {
  const isPlain = /^[A-Za-z0-9/](?:[\w./@+=:-]| (?![#]))*$/.test(value) && !/: |:$|\s$/.test(value);
  const isWord = /^(?:true|false|null|yes|no|on|off|~)$/i.test(value);
  return isPlain && !isWord ? value : JSON.stringify(value);
}

function isList(value: readonly string[] | DraftBlock): value is readonly string[] {
  return Array.isArray(value);
}
