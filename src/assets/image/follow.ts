import type { Finding } from "../../boot/finding.ts";
import type { ImageArchitecture } from "./image.ts";

/** A row of `images.follow`, with its channel. */
export type Followed = {
  readonly name: string;
  readonly channel: string;
  readonly arch: ImageArchitecture;
};

/** What is known of a followed image after a look at its upstream. */
export type FollowSight = {
  readonly newest: string;
  /** Versions that machines may fetch, the newest first. */
  readonly here: readonly string[];
  /** Profiles that boot some version of it. */
  readonly users: readonly { readonly profile: string; readonly version: string }[];
};

/** What to tell of it; undefined: nothing, all is up to date. Machines are moved by `image use` alone. */
export function decideFollow(followed: Followed, sight: FollowSight): Finding | undefined {
  const { name, arch } = followed;
  const { newest, here, users } = sight;
  const ref = `${name}@${newest}${arch === "x86_64" ? "" : ` --arch ${arch}`}`;
  const behind = users.filter(({ version }) => version !== newest);
  if (!here.includes(newest)) {
    const got = here[0] === undefined ? "none of it is here" : `${here[0]} is here`;
    const sentence = `${name} is at ${newest} in ${followed.channel} for ${arch}, ${got}`;
    const cure = `kindling image pull ${ref} --channel ${followed.channel}, then kindling image use ${ref}`;
    return newer(followed, sentence, cure);
  }
  if (behind.length === 0) return undefined;
  const who = behind.map(({ profile, version }) => `${profile} (${version})`).join(", ");
  const sentence = `${name} ${newest} for ${arch} is here, and an older one is booted by profile ${who}`;
  const [first] = behind;
  const cure = `kindling image use ${ref} --profile ${first?.profile ?? name} shows what changes and moves it`;
  return newer(followed, sentence, cure);
}

/** What to tell of an upstream that could not be looked at. */
export function followFailed(followed: Followed, why: string): Finding {
  const { name, channel } = followed;
  return {
    code: "image.follow-failed",
    severity: "warning",
    sentence: `${name} in ${channel} could not be looked at: ${why.replaceAll(/\s*\n\s*/g, "; ")}`,
    cure: `kindling image available ${name} asks again; see images.proxy and images.caFile`,
    subject: subjectOf(followed),
  };
}

/** What both findings of a followed image are about. */
export function subjectOf({ name, channel, arch }: Followed): string {
  return `${name} ${channel} ${arch}`;
}

function newer(followed: Followed, sentence: string, cure: string): Finding {
  const subject = subjectOf(followed);
  return { code: "image.newer", severity: "info", sentence, cure, subject };
}
