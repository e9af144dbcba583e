import { type Leaf, leaves } from "./leaves.ts";

/** docs/config.md, whole: one table a section, from the schema alone. */
export function renderConfigDocs(): string {
  const sections = Map.groupBy(leaves, (leaf) => leaf.path.split(".").slice(0, -1).join("."));
  return [
    "# Configuration",
    "",
    "Made from the schema by `npm run docs`; edit `src/config/schema.ts` instead.",
    "",
    "Settings come from `/etc/kindling/kindling.yaml` (another file with `--config` or the variable",
    "`KINDLING_CONFIG`), then the environment, then flags; the later wins. No file is needed:",
    "`kindling serve --interface eth1` serves. `kindling check` shows each effective value and where",
    "it came from.",
    "",
    "Lists are comma separated in variables and flags; structures are YAML there. Settings marked",
    "*live* follow an edit of the file or a SIGHUP at once; the others say that a restart is needed.",
    "A bad edit keeps the last good configuration and says so in the log.",
    ...[...sections].flatMap(([section, rows]) => [
      "",
      `## ${section || "Top level"}`,
      "",
      ...table(rows),
    ]),
    "",
  ].join("\n");
}

function table(rows: readonly Leaf[]): string[] {
  const head = ["| setting | default | live | what it does |", "|---|---|---|---|"];
  return [
    ...head,
    ...rows.map(
      (leaf) =>
        `| \`${leaf.path}\` | ${preset(leaf)} | ${leaf.live ? "live" : ""} | ${describe(leaf)} |`,
    ),
  ];
}

function preset(leaf: Leaf): string {
  if (leaf.preset === undefined) return "–";
  return leaf.preset === "" ? "empty" : `\`${JSON.stringify(leaf.preset).replaceAll('"', "")}\``;
}

function describe(leaf: Leaf): string {
  return `${leaf.help} Wants ${leaf.want}. \`${leaf.flag}\`, \`${leaf.variable}\``;
}
