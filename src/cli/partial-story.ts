import type { Profile } from "../boot/profile.ts";
import { KindlingError } from "../errors.ts";
import { calledPartials } from "../render/go-template/calls.ts";
import { parseTemplate } from "../render/go-template/template.ts";
import { isRawIgnition } from "../render/ignition.ts";
import type { Catalog } from "../store/catalog.ts";
import type { Partials } from "../store/partial.ts";

/** A partial that the templates of a profile call, directly or by another one. */
export type PartialStory = {
  readonly name: string;
  readonly file: string;
  /** The files that call it. */
  readonly callers: readonly string[];
  /** Why those that call it are not served; absent: nothing is wrong with it. */
  readonly trouble?: string;
};

/** Every partial that a profile's files reach, in the order they are met. */
export async function explainPartials(
  profile: Profile,
  catalog: Catalog,
  partials: Partials,
): Promise<readonly PartialStory[]> {
  const waiting = await textsOf(profile, catalog);
  const callers = new Map<string, string[]>();
  // Grows while it is walked; each partial is added once, so it ends.
  for (const { file, text } of waiting) {
    for (const name of callsIn(text)) {
      const known = callers.get(name);
      if (known !== undefined) known.push(file);
      else {
        callers.set(name, [file]);
        const partial = partials.get(name);
        if (partial?.kind === "text") waiting.push(partial);
      }
    }
  }
  return [...callers].map(([name, files]) => {
    const partial = partials.get(name);
    const file = partial?.file ?? `templates/${name}.tmpl`;
    const told = { name, file, callers: files };
    if (partial === undefined) return { ...told, trouble: "is missing" };
    return partial.kind === "broken" ? { ...told, trouble: partial.reason } : told;
  });
}

type NamedText = { readonly file: string; readonly text: string };

async function textsOf(profile: Profile, catalog: Catalog): Promise<NamedText[]> {
  const { file, boot, ignitionId, cloudId, genericId, generics } = profile;
  const ignition = isRawIgnition(ignitionId) ? "" : ignitionId;
  const generic = new Set([genericId, ...(generics?.values() ?? [])]);
  const sought = [
    { name: ignition, folder: "ignition" as const },
    { name: cloudId, folder: "cloud" as const },
    ...[...generic].map((name) => ({ name, folder: "generic" as const })),
  ];
  const found = sought.map(async ({ name, folder }): Promise<NamedText[]> => {
    const lookup = name === "" ? undefined : await catalog[folder](name);
    if (lookup?.kind !== "file") return [];
    return [{ file: `${folder}/${name}`, text: lookup.bytes.toString("utf8") }];
  });
  const boots = boot?.template ? [boot.kernel, ...boot.initrd, ...boot.args] : [];
  const ofBoot = boots.map((text) => ({ file: `the boot of profile ${file}`, text }));
  return [...ofBoot, ...(await Promise.all(found)).flat()];
}

// A text that is no template calls nothing; whoever asks for it is told why.
function callsIn(text: string): readonly string[] {
  try {
    return calledPartials(parseTemplate(text));
  } catch (error) {
    if (!(error instanceof KindlingError)) throw error;
    return [];
  }
}

/** A line for each, as `kindling explain` prints them. */
export function partialLines(stories: readonly PartialStory[]): readonly string[] {
  return stories.map(({ name, file, callers, trouble }) => {
    const line = `  ${name} = ${file}, called by ${callers.join(", ")}`;
    return trouble === undefined ? line : `${line}: ${trouble}`;
  });
}
