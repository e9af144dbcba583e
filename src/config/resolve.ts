import { LineCounter, type Node, parseDocument, parse as parseYaml } from "yaml";
import type { z } from "zod";
import { suggest } from "../suggest.ts";
import { type Leaf, leaves } from "./leaves.ts";
import { type Config, ConfigSchema } from "./schema.ts";

/** Where settings come from, least first: the file, the environment, the command line. */
export type ConfigSources = {
  readonly file?: { readonly name: string; readonly text: string };
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** By path (`dhcp.mode`), as text; repeated flags joined by commas. */
  readonly flags: Readonly<Record<string, string>>;
};

export type ConfigProblem = {
  readonly path: string;
  /** `kindling.yaml:3:9`, `KINDLING_DHCP_MODE` or `--dhcp-mode`. */
  readonly origin: string;
  /** Want, got and the cure, in one line. */
  readonly message: string;
};

export type ValidConfig = {
  readonly kind: "valid";
  readonly config: Config;
  /** Setting path → where its value came from; "default" where nobody gave one. */
  readonly origins: ReadonlyMap<string, string>;
  /** Setting path → the value as it was written. */
  readonly given: ReadonlyMap<string, unknown>;
};

export type Resolution =
  | ValidConfig
  | { readonly kind: "invalid"; readonly problems: readonly ConfigProblem[] };

/** Environment names of Kindling that are no settings. */
const otherVariables = new Set(["KINDLING_CONFIG", "KINDLING_PASSPHRASE", "KINDLING_SANDBOX"]);

type Layer = {
  raw: Record<string, unknown>;
  origins: Map<string, string>;
  problems: ConfigProblem[];
};

/** Puts the sources over each other and checks the result; never throws for what an operator wrote. */
export function resolveConfig(sources: ConfigSources): Resolution {
  const layer: Layer = { raw: {}, origins: new Map(), problems: [] };
  const locate = readFileLayer(layer, sources.file);
  readEnvironment(layer, sources.environment);
  for (const leaf of leaves) {
    const text = sources.flags[leaf.path];
    if (text !== undefined) setText(layer, leaf, { text, origin: leaf.flag });
  }
  const result = ConfigSchema.safeParse(layer.raw);
  const problems = [...layer.problems];
  if (!result.success) {
    problems.push(...result.error.issues.flatMap((issue) => explain(issue, layer, locate)));
  }
  if (!result.success || problems.length > 0) return { kind: "invalid", problems };
  const given = new Map(
    leaves.map((leaf) => [leaf.path, valueAt(layer.raw, leaf.path) ?? leaf.preset]),
  );
  const origins = new Map(
    leaves.map((leaf) => [
      leaf.path,
      layer.origins.get(leaf.path) ?? originInFile(layer, leaf, locate),
    ]),
  );
  return { kind: "valid", config: result.data, origins, given };
}

type Locate = (path: readonly PropertyKey[]) => string;

function readFileLayer(layer: Layer, file: ConfigSources["file"]): Locate {
  if (file === undefined) return () => "default";
  const lines = new LineCounter();
  const document = parseDocument(file.text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file.name}:${line}:${col}`;
  };
  for (const error of document.errors) {
    layer.problems.push({
      path: "",
      origin: place(error.pos[0]),
      message: `not YAML: ${error.message}`,
    });
  }
  if (document.errors.length > 0) return () => file.name;
  const content: unknown = document.toJS({ maxAliasCount: 100 });
  if (isRecord(content)) layer.raw = content;
  else if (content !== null) {
    const message = `want settings as "name: value" lines, got ${show(content)}`;
    layer.problems.push({ path: "", origin: file.name, message });
  }
  return (path) => {
    for (let length = path.length; length > 0; length -= 1) {
      const node = document.getIn(path.slice(0, length), true) as Node | undefined; // keepScalar: nodes only
      if (node?.range) return place(node.range[0]);
    }
    return file.name;
  };
}

function readEnvironment(layer: Layer, environment: ConfigSources["environment"]): void {
  const byVariable = new Map(leaves.map((leaf) => [leaf.variable, leaf]));
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith("KINDLING_") || otherVariables.has(variable) || !text) continue;
    const leaf = byVariable.get(variable);
    if (leaf !== undefined) {
      setText(layer, leaf, { text, origin: variable });
      continue;
    }
    const near = suggest(variable, [...byVariable.keys()]);
    const cure = near === undefined ? "unset it" : `did you mean ${near}?`;
    layer.problems.push({
      path: "",
      origin: variable,
      message: `there is no such setting; ${cure}`,
    });
  }
}

function setText(layer: Layer, leaf: Leaf, given: { text: string; origin: string }): void {
  const value = readText(leaf, given.text);
  if (value === undefined) {
    const message = `want ${leaf.want}, got "${given.text}"`;
    layer.problems.push({ path: leaf.path, origin: given.origin, message });
    return;
  }
  const keys = leaf.path.split(".");
  const last = keys.pop() ?? "";
  let target = layer.raw;
  for (const key of keys) {
    const inner = target[key];
    const next: Record<string, unknown> = isRecord(inner) ? { ...inner } : {};
    target[key] = next;
    target = next;
  }
  target[last] = value;
  layer.origins.set(leaf.path, given.origin);
}

function readText(leaf: Leaf, text: string): unknown {
  switch (leaf.kind) {
    case "text":
      return text;
    case "number":
      return /^-?\d+$/.test(text) ? Number(text) : undefined;
    case "boolean":
      return { true: true, false: false }[text];
    case "list":
      return text
        .split(",")
        .map((item) => item.trim())
        .filter((item) => item !== "");
    case "structure":
      return parseYaml(text);
  }
}

function explain(issue: z.core.$ZodIssue, layer: Layer, locate: Locate): ConfigProblem[] {
  const path = issue.path.map(String);
  const leaf = leaves.find((row) => `${path.join(".")}.`.startsWith(`${row.path}.`));
  const origin = layer.origins.get(leaf?.path ?? "") ?? locate(issue.path);
  const where = path.join(".");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      path: [...path, key].join("."),
      origin: locate([...issue.path, key]),
      message: `there is no such setting${didYouMean(key, where)}`,
    }));
  }
  const value = valueAt(layer.raw, where);
  return [{ path: where, origin, message: wordsFor(issue, leaf, value) }];
}

function wordsFor(issue: z.core.$ZodIssue, leaf: Leaf | undefined, value: unknown): string {
  if (issue.code === "custom") return issue.message;
  const inside = leaf !== undefined && issue.path.length > leaf.path.split(".").length;
  if (inside && issue.code === "invalid_type") {
    const cure =
      issue.expected === "string" && typeof value === "number" ? "; put it in quotes" : "";
    return `want a ${issue.expected}, got ${show(value)}${cure}`;
  }
  return `want ${leaf?.want ?? "settings below it"}, got ${show(value)}`;
}

function didYouMean(key: string, section: string): string {
  const prefix = section === "" ? "" : `${section}.`;
  const siblings = leaves
    .filter((leaf) => leaf.path.startsWith(prefix))
    .map((leaf) => leaf.path.slice(prefix.length).split(".")[0] ?? "");
  const near = suggest(key, [...new Set(siblings)]);
  if (near !== undefined) return `; did you mean ${near}?`;
  const elsewhere = leaves.find((leaf) => leaf.path.split(".").at(-1) === key);
  return elsewhere === undefined ? "; remove it" : `; did you mean ${elsewhere.path}?`;
}

function originInFile(layer: Layer, leaf: Leaf, locate: Locate): string {
  return valueAt(layer.raw, leaf.path) === undefined ? "default" : locate(leaf.path.split("."));
}

function valueAt(raw: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((value, key) => {
    if (Array.isArray(value)) return value[Number(key)];
    return isRecord(value) ? value[key] : undefined;
  }, raw);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value).slice(0, 120);
}
