import type { Command } from "commander";
import type { ImageId } from "../assets/image/image.ts";
import { type BootTrouble, checkBoot } from "../assets/image/image-check.ts";
import type { ImageFolders } from "../assets/image/layout.ts";
import { decideProfile, type ProfileDecision } from "../boot/decide.ts";
import { explainGroups, type GroupStory } from "../boot/explain.ts";
import { identifyQuery } from "../boot/identify.ts";
import type { Profile } from "../boot/profile.ts";
import { ErrorTable } from "../errors.ts";
import { type Variable, variableOrigins } from "../render/variables.ts";
import { systemClock } from "../runtime/clock.ts";
import { silentLog } from "../runtime/log.ts";
import type { CatalogProblem } from "../store/catalog.ts";
import { FileStore } from "../store/file-store.ts";
import { checkPartial } from "../text-engines.ts";
import { placeOf } from "./catalog-trouble.ts";
import type { CliContext } from "./context.ts";
import { addMachineFlags, readMachineFlags } from "./machine.ts";
import { explainPartials, type PartialStory, partialLines } from "./partial-story.ts";

/** How many groups that do not match are shown as text, those with the fewest wants first. */
const missesShown = 20;

/** Adds the flags of `kindling explain`. */
export function addExplainFlags(command: Command): Command {
  return addMachineFlags(command).option("-o, --output <format>", "text or json", "text");
}

/** All there is to tell of one machine and the catalog. */
type Explanation = {
  readonly labels: Readonly<Record<string, string>>;
  readonly ignored: readonly string[];
  readonly groups: readonly GroupStory[];
  readonly decision: ProfileDecision;
  readonly variables: readonly Variable[];
  readonly partials: readonly PartialStory[];
  /** The image that is booted, and what would go wrong with it. */
  readonly image?: { readonly id: ImageId | undefined; readonly troubles: readonly BootTrouble[] };
  readonly problems: readonly CatalogProblem[];
};

/** `kindling explain`: why a machine gets the profile it gets, and every variable with its origin. */
export async function runExplain(
  options: Readonly<Record<string, unknown>>,
  context: CliContext,
): Promise<number> {
  const { rawQuery, folder, images } = await readMachineFlags(options, context);
  using catalog = new FileStore({ folder, clock: systemClock, log: silentLog, checkPartial });
  const snapshot = await catalog.snapshot();
  const { partials = new Map() } = snapshot;
  const { identity, problems } = identifyQuery(rawQuery);
  const { labels } = identity;
  const decision = decideProfile(identity, snapshot);
  const group = snapshot.select(labels);
  const profile = decision.kind === "profile" ? decision.profile : undefined;
  const explanation: Explanation = {
    labels,
    ignored: problems.map(({ kind, text }) => `${kind} ${text}`),
    groups: explainGroups(labels, snapshot.groups),
    decision,
    variables: group === undefined ? [] : variableOrigins({ group, profile }, { labels, rawQuery }),
    partials: profile === undefined ? [] : await explainPartials(profile, catalog, partials),
    ...(await explainImage(profile, labels, images)),
    problems: snapshot.problems,
  };
  const json = options["output"] === "json";
  context.out.write(json ? `${JSON.stringify(explanation, null, 2)}\n` : toText(explanation));
  return decision.kind === "profile" ? 0 : ErrorTable["catalog.not-found"].exit;
}

function toText(found: Explanation): string {
  const labels = Object.entries(found.labels).map(([name, value]) => `${name}=${value}`);
  const ignored = found.ignored.map((text) => `  ignored: ${text}`);
  const variables = found.variables.map(
    ({ name, value, origin }) => `  ${name} = ${JSON.stringify(value)}  (${origin})`,
  );
  const problems = found.problems.map((problem) => `  ${placeOf(problem)}: ${problem.reason}`);
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ["labels", [...labels.map((text) => `  ${text}`), ...ignored]],
    ["groups, in the order they are tried", groupLines(found.groups)],
    ["profile", [`  ${profileLine(found.decision)}`]],
    ["variables", variables],
    ["partials", partialLines(found.partials)],
    ["image", imageLines(found.image)],
    ["files left out", problems],
  ];
  return sections
    .filter(([, lines]) => lines.length > 0)
    .flatMap(([head, lines]) => [head, ...lines, ""])
    .map((line) => `${line}\n`)
    .join("");
}

// As far as the machine told: `memsize` is iPXE's, in MiB, and `secureboot` is 0 or 1.
async function explainImage(
  profile: Profile | undefined,
  { memsize, secureboot }: Readonly<Record<string, string>>,
  folders: ImageFolders,
): Promise<Pick<Explanation, "image">> {
  if (profile?.boot === undefined) return {};
  const { ImageLibrary } = await import("../assets/image/image-library.ts"); // not for every command
  const { images } = await new ImageLibrary(folders, systemClock.now).list();
  const facts = {
    ...(memsize !== undefined && /^\d{1,9}$/.test(memsize) && { ramMib: Number(memsize) }),
    ...(secureboot !== undefined && { secureBoot: secureboot === "1" }),
  };
  const { image, troubles } = checkBoot(profile.boot, images, facts);
  if (image === undefined && troubles.length === 0) return {};
  return { image: { id: image?.id, troubles } };
}

function imageLines(found: Explanation["image"]): readonly string[] {
  if (found === undefined) return [];
  const { id, troubles } = found;
  const name = id === undefined ? [] : [`  ${id.name}@${id.version} ${id.arch}`];
  return [...name, ...troubles.map(({ severity, sentence }) => `  ${severity}: ${sentence}`)];
}

function groupLines(stories: readonly GroupStory[]): readonly string[] {
  const misses = stories.flatMap((story) => (story.kind === "no-match" ? [story] : []));
  const nearest = misses.toSorted((a, b) => a.reasons.length - b.reasons.length);
  const shown = new Set<GroupStory>(nearest.slice(0, missesShown));
  const lines = stories
    .filter((story) => story.kind !== "no-match" || shown.has(story))
    .map(storyLine);
  const more = misses.length - shown.size;
  return more > 0 ? [...lines, `  ${more} more do not match; -o json shows all`] : lines;
}

function storyLine(story: GroupStory): string {
  switch (story.kind) {
    case "selected":
      return `* ${story.group}: every selector matches`;
    case "outranked":
      return `  ${story.group}: matches too, but ${story.by} is tried before it`;
    case "no-match":
      return `  ${story.group}: ${story.reasons.join("; ")}`;
  }
}

function profileLine(decision: ProfileDecision): string {
  switch (decision.kind) {
    case "profile": {
      const { file, boot, ignitionId, cloudId, genericId } = decision.profile;
      const parts = [
        boot === undefined ? "no boot" : `kernel ${boot.kernel}`,
        ignitionId && `ignition ${ignitionId}`,
        cloudId && `cloud ${cloudId}`,
        genericId && `generic ${genericId}`,
      ];
      return `${file}: ${parts.filter(Boolean).join(", ")}`;
    }
    case "no-profile":
      return `profiles/${decision.profile}.json, named by ${decision.group}, is missing or broken`;
    case "no-group":
      return "none, since no group matches";
  }
}
