import { decideGroup, decideProfile } from "../boot/decide.ts";
import type { Group } from "../boot/group.ts";
import { type JsonObject, ownValue } from "../boot/json-value.ts";
import type { Profile } from "../boot/profile.ts";
import { assertNever } from "../errors.ts";
import { checkUserData } from "../render/cloud-config.ts";
import { isRawIgnition } from "../render/ignition.ts";
import { renderMetadata } from "../render/metadata.ts";
import { renderShellVariables } from "../render/shell-variables.ts";
import { templateVariables } from "../render/variables.ts";
import type { CatalogSnapshot, FileLookup } from "../store/catalog.ts";
import type { Partials } from "../store/partial.ts";
import type { Answer } from "./answer.ts";
import { type Asking, tellMiss } from "./asking.ts";
import type { AnswerDeps } from "./deps.ts";
import { openRawIgnition, type RawIgnitionAnswer } from "./raw-ignition.ts";

/** One route's answer to one machine; it logs why there is none. */
export type Answerer = (asking: Asking) => Answer | Promise<Answer>;

/** Path → its answer. */
export type AnswerTable = readonly (readonly [path: string, answer: Answerer])[];

/** What a booted system configures itself by. */
export function configAnswers(deps: AnswerDeps): AnswerTable {
  const rawIgnition = openRawIgnition(deps.ignitionUpgrade ?? false);
  return [
    ["/ignition", (asking) => answerIgnition({ ...deps, rawIgnition }, asking)],
    ["/cloud", (asking) => answerCloud(deps, asking)],
    ["/generic", (asking) => answerGeneric(deps, asking)],
    ["/metadata", (asking) => answerMetadata(deps, asking)],
  ];
}

/** The variables that this machine's templates see. */
export function variablesFor(
  { extensions }: AnswerDeps,
  { identity, rawQuery, serverUrl }: Asking,
  found: { readonly group: Group; readonly profile: Profile },
): JsonObject {
  const sources = { ...found, ...(extensions && { serverUrl }) };
  return templateVariables(sources, { labels: identity.labels, rawQuery });
}

/** What this catalog's templates may call; nothing where matchbox is followed to the letter. */
export function partialsFor(
  { extensions }: AnswerDeps,
  { partials }: CatalogSnapshot,
): Partials | undefined {
  return extensions ? partials : undefined;
}

/** A file that a machine's profile names, and what fills it. */
type Source = {
  readonly name: string;
  readonly bytes: Buffer;
  readonly variables: JsonObject;
  readonly partials: Partials | undefined;
};
type Sought = { readonly kind: "source"; readonly source: Source } | { readonly kind: "missing" };
type FileKind = "ignition" | "cloud" | "generic";

const missing = { kind: "missing" } as const;

type IgnitionDeps = AnswerDeps & { readonly rawIgnition: (bytes: Buffer) => RawIgnitionAnswer };

async function answerIgnition(deps: IgnitionDeps, asking: Asking): Promise<Answer> {
  const sought = await seek(deps, asking, "ignition");
  if (sought.kind === "missing") return missing;
  const { source } = sought;
  if (isRawIgnition(source.name)) return answerRaw(deps, source);
  const filled = fill(deps, "ignition", source);
  if (filled === undefined) return missing;
  const translated = deps.texts.butane.translate(filled);
  if (translated.kind === "failed") return miss(deps, "ignition", { ...source, ...translated });
  return { kind: "found", body: Buffer.from(translated.text), type: ignitionType };
}

const ignitionType = "application/json";

function answerRaw({ rawIgnition, log }: IgnitionDeps, { name, bytes }: Source): Answer {
  const raw = rawIgnition(bytes);
  switch (raw.kind) {
    case "as-it-is":
      break;
    case "converted":
      if (raw.left !== "") log.warn("ignition converted in part", { name, warnings: raw.left });
      break;
    case "not-convertible":
      log.warn("ignition not converted", { name, version: raw.version });
      break;
    case "refused":
      // A status of 5xx makes Ignition ask again: the machine goes on by itself once the file is
      // mended.
      log.error("ignition file refused", { name, reason: raw.reason });
      return { kind: "unusable", reason: `ignition/${name} is not usable: ${raw.reason}` };
    default:
      assertNever(raw);
  }
  return { kind: "found", body: raw.body, type: ignitionType };
}

async function answerCloud(deps: AnswerDeps, asking: Asking): Promise<Answer> {
  const sought = await seek(deps, asking, "cloud");
  if (sought.kind === "missing") return missing;
  const text = fill(deps, "cloud", sought.source);
  if (text === undefined) return missing;
  const checked = checkUserData(text);
  if (checked.kind === "invalid") return miss(deps, "cloud", { ...sought.source, ...checked });
  return { kind: "found", body: Buffer.from(text), ranges: true };
}

async function answerGeneric(deps: AnswerDeps, asking: Asking): Promise<Answer> {
  const sought = await seek(deps, asking, "generic");
  if (sought.kind === "missing") return missing;
  const text = fill(deps, "generic", sought.source);
  return text === undefined ? missing : { kind: "found", body: Buffer.from(text), ranges: true };
}

async function answerMetadata(deps: AnswerDeps, asking: Asking): Promise<Answer> {
  const snapshot = await deps.catalog.snapshot();
  const decision = decideGroup(asking.identity, snapshot);
  if (decision.kind === "no-group") {
    tellMiss(deps.log, asking, decision);
    return missing;
  }
  const { group } = decision;
  const profile = snapshot.profile(group.profile);
  const { identity, rawQuery, serverUrl } = asking;
  const request = { labels: identity.labels, rawQuery };
  if (deps.extensions && ownValue(identity.labels, "format") === "shell") {
    const variables = templateVariables({ group, profile, serverUrl }, request);
    return { kind: "found", body: Buffer.from(renderShellVariables(variables)) };
  }
  const variables = templateVariables({ group, profile }, request);
  // Not "text/plain": clients in the field have always been told this.
  return { kind: "found", body: Buffer.from(renderMetadata(variables)), type: "plain/text" };
}

async function seek(deps: AnswerDeps, asking: Asking, kind: FileKind): Promise<Sought> {
  const snapshot = await deps.catalog.snapshot();
  const decision = decideProfile(asking.identity, snapshot);
  if (decision.kind !== "profile") {
    tellMiss(deps.log, asking, decision);
    return missing;
  }
  const { group, profile } = decision;
  const name = fileNameOf(deps, profile, { kind, labels: asking.identity.labels });
  if (name === "") return miss(deps, kind, { name, reason: "the profile names none" });
  const found = await lookUp(deps, kind, name);
  if (found.kind === "missing") return miss(deps, kind, { name, reason: "no such file" });
  if (found.kind === "refused") return miss(deps, kind, { name, reason: found.reason });
  const variables = variablesFor(deps, asking, { group, profile });
  const partials = partialsFor(deps, snapshot);
  return { kind: "source", source: { name, bytes: found.bytes, variables, partials } };
}

function fileNameOf(
  { extensions }: AnswerDeps,
  profile: Profile,
  asked: { readonly kind: FileKind; readonly labels: Readonly<Record<string, string>> },
): string {
  const further = ownValue(asked.labels, "name");
  // Where the profile has no such files, `name` is a label like any other.
  const named = extensions && asked.kind === "generic" && (profile.generics?.size ?? 0) > 0;
  if (named && further !== undefined) return profile.generics?.get(further) ?? "";
  const { ignitionId, cloudId, genericId } = profile;
  return { ignition: ignitionId, cloud: cloudId, generic: genericId }[asked.kind];
}

function lookUp({ catalog }: AnswerDeps, kind: FileKind, name: string): Promise<FileLookup> {
  switch (kind) {
    case "ignition":
      return catalog.ignition(name);
    case "cloud":
      return catalog.cloud(name);
    case "generic":
      return catalog.generic(name);
  }
}

function fill(deps: AnswerDeps, kind: FileKind, source: Source): string | undefined {
  const { bytes, variables, partials } = source;
  const filled = deps.texts.templates.render(bytes.toString("utf8"), variables, partials);
  if (filled.kind === "text") return filled.text;
  miss(deps, kind, { name: source.name, reason: filled.reason });
  return undefined;
}

function miss(
  deps: AnswerDeps,
  kind: FileKind,
  { name, reason }: { readonly name: string; readonly reason: string },
): { readonly kind: "missing" } {
  deps.log.info("no configuration", { kind, name, reason });
  return missing;
}
