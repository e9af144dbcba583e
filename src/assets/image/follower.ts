import type { FindingSink } from "../../boot/finding.ts";
import type { Profile } from "../../boot/profile.ts";
import { KindlingError } from "../../errors.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Log } from "../../runtime/log.ts";
import type { BoundService } from "../../runtime/service.ts";
import { decideFollow, type Followed, followFailed, subjectOf } from "./follow.ts";
import type { ImageArchitecture } from "./image.ts";
import type { ImageLibrary } from "./image-library.ts";
import { usersOf } from "./image-use.ts";
import { findRelease } from "./index-documents.ts";
import { type PullDeps, pullImage } from "./pull.ts";
import type { Recipe } from "./recipe.ts";
import type { RecipeLibrary } from "./recipe-library.ts";
import { chooseFiles } from "./resolve.ts";

export type FollowerDeps = {
  readonly follow: readonly {
    readonly name: string;
    readonly channel?: string;
    readonly arch: ImageArchitecture;
  }[];
  readonly everyMs: number;
  /** Fetch what is newer, too. */
  readonly pull: boolean;
  readonly library: ImageLibrary;
  readonly recipes: RecipeLibrary;
  depsFor(recipe: Recipe): PullDeps;
  readonly profiles: () => Promise<readonly Profile[]>;
  readonly findings: FindingSink;
  readonly clock: Clock;
  readonly log: Log;
};

/** The first look waits until the daemon has answered the machines that waited for it. */
const firstLookMs = 60_000;

/** Looks at the channels that are followed, and tells what is newer. */
export function openFollower(deps: FollowerDeps): BoundService {
  const { promise: done, resolve: end } = Promise.withResolvers<void>();
  let timer: Disposable | undefined;
  let isClosed = false;
  const plan = (ms: number): void => {
    if (isClosed) return;
    timer = deps.clock.after(ms, () => {
      lookAtAll(deps)
        .catch((error: unknown) => {
          // A full disk or a bug of ours costs this look, and never the machines.
          const stack = error instanceof Error ? error.stack : error;
          if (!isClosed) deps.log.error("images could not be looked at", { error: stack });
        })
        .finally(() => plan(deps.everyMs));
    });
  };
  return {
    ...{ name: "images", done },
    serve: () => plan(firstLookMs),
    async [Symbol.asyncDispose]() {
      isClosed = true;
      timer?.[Symbol.dispose]();
      end();
    },
  };
}

/** One look at each; what an upstream gets wrong is a finding and stops nothing. */
export async function lookAtAll(deps: FollowerDeps): Promise<void> {
  for (const { name, channel, arch } of deps.follow) {
    const bare = { name, channel: channel ?? "its first channel", arch };
    try {
      const recipe = await deps.recipes.find(name);
      await lookAt({ name, channel: channel ?? recipe.channels[0] ?? "", arch }, recipe, deps);
      deps.findings.clear({ code: "image.follow-failed", subject: subjectOf(bare) });
    } catch (error) {
      if (!(error instanceof KindlingError)) throw error;
      deps.findings.raise(followFailed(bare, error.message));
    }
  }
}

async function lookAt(followed: Followed, recipe: Recipe, deps: FollowerDeps): Promise<void> {
  const { name, channel, arch } = followed;
  const chosen = chooseFiles(recipe, []);
  const wish = { channel, arch };
  const { release } = await findRelease(chosen, wish, deps.depsFor(recipe));
  const { version: newest } = release;
  const before = await deps.library.matching({ name, arch });
  if (deps.pull && !before.some(({ id }) => id.version === newest)) {
    await pullImage({ recipe: chosen, wish }, deps.depsFor(recipe));
    deps.log.info("image pulled", { name, version: newest, arch });
  }
  const images = await deps.library.matching({ name, arch });
  const profiles = await deps.profiles();
  const users = images.flatMap(({ id }) => {
    return usersOf(profiles, id).map((profile) => ({ profile, version: id.version }));
  });
  const here = images.map(({ id }) => id.version);
  const finding = decideFollow(followed, { newest, here, users });
  if (finding !== undefined) deps.findings.raise(finding);
  else deps.findings.clear({ code: "image.newer", subject: subjectOf(followed) });
}
