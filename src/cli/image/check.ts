import { request } from "node:http";
import {
  type BootFacts,
  type BootTrouble,
  checkBoot,
  urlsOfBoot,
} from "../../assets/image/image-check.ts";
import type { Profile } from "../../boot/profile.ts";
import { KindlingError } from "../../errors.ts";
import { systemErrorCode } from "../../runtime/system-error.ts";
import { parseMac } from "../../wire/mac.ts";
import type { CliContext } from "../context.ts";
import { type Desk, openDesk, originOf, printJson } from "./desk.ts";
import type { ImageFlags } from "./flags.ts";

export type CheckFlags = ImageFlags & {
  readonly mac?: string;
  readonly uuid?: string;
  readonly ram?: number;
  readonly secureBoot?: "on" | "off";
  readonly origin?: string;
  readonly offline: boolean;
};

type Checked = {
  readonly profile: string;
  readonly image?: string;
  readonly troubles: readonly BootTrouble[];
};

/** How long this host's own HTTP may take to answer. */
const answerMs = 5_000;

/** `kindling image check`: what would go wrong with a boot, before a machine tries it. */
export async function checkImages(
  names: readonly string[],
  flags: CheckFlags,
  context: CliContext,
): Promise<number> {
  using desk = await openDesk(flags, context);
  const { profiles } = await desk.catalog.snapshot();
  const unknown = names.find((name) => !profiles.some(({ file }) => file === name));
  if (unknown !== undefined) {
    throw new KindlingError("catalog.not-found", `there is no profile ${unknown}`);
  }
  const { images } = await desk.house.library.list();
  const checked: Checked[] = [];
  for (const profile of profiles) {
    if (profile.boot === undefined) continue;
    const { image, troubles } = checkBoot(profile.boot, images, factsOf(flags));
    const isWanted =
      names.length === 0
        ? image !== undefined || troubles.length > 0
        : names.includes(profile.file);
    if (!isWanted) continue;
    const asked = flags.offline ? [] : await askForUrls(desk, { boot: profile.boot, flags });
    checked.push({
      profile: profile.file,
      ...(image && { image: `${image.id.name}@${image.id.version} ${image.id.arch}` }),
      troubles: [...troubles, ...asked],
    });
  }
  if (flags.output === "json") printJson({ profiles: checked }, context);
  else for (const one of checked) tell(one, context);
  const all = checked.flatMap(({ troubles }) => troubles);
  return all.some(({ severity }) => severity === "error") ? 1 : 0;
}

function factsOf({ ram, secureBoot }: CheckFlags): BootFacts {
  return {
    ...(ram !== undefined && { ramMib: ram }),
    ...(secureBoot !== undefined && { secureBoot: secureBoot === "on" }),
  };
}

async function askForUrls(
  { config }: Desk,
  { boot, flags }: { readonly boot: NonNullable<Profile["boot"]>; readonly flags: CheckFlags },
): Promise<readonly BootTrouble[]> {
  const origin = flags.origin ?? originOf(config);
  const values = {
    ...(flags.mac !== undefined && { mac: parseMac(flags.mac).replaceAll(":", "-") }),
    ...(flags.mac !== undefined && { uuid: flags.uuid ?? "" }),
    ...(flags.uuid !== undefined && { uuid: flags.uuid }),
  };
  const { urls, unknown } = urlsOfBoot(boot, origin, values);
  const troubles: BootTrouble[] = [];
  for (const url of urls) {
    const answer = await statusOf(url);
    if (answer === "nobody") {
      const sentence = `nobody answers at ${origin}, so no machine can boot`;
      return [
        { severity: "error", sentence, cure: "start kindling serve, or name another --origin" },
      ];
    }
    // A folder answers with a redirect to itself with a slash.
    if (typeof answer === "number" && answer < 400) continue;
    const cure = url.includes("/assets/")
      ? "kindling image verify tells which file is missing"
      : "give the profile what this asks for, or take the argument away";
    troubles.push({ severity: "error", sentence: `${url} answers ${answer}, want 200`, cure });
  }
  const notes = unknown.map((url): BootTrouble => {
    return {
      severity: "info",
      sentence: `${url} was not asked for`,
      cure: "name a machine by --mac",
    };
  });
  return [...troubles, ...notes];
}

function statusOf(url: string): Promise<number | "nobody" | string> {
  const { promise, resolve } = Promise.withResolvers<number | "nobody" | string>();
  const asking = request(url, { method: "HEAD", timeout: answerMs }, (response) => {
    response.resume();
    resolve(response.statusCode ?? 0);
  });
  asking.on("timeout", () => asking.destroy(Object.assign(new Error(), { code: "ETIMEDOUT" })));
  asking.on("error", (error) => {
    const code = systemErrorCode(error);
    resolve(code === "ECONNREFUSED" ? "nobody" : `nothing (${code})`);
  });
  asking.end();
  return promise;
}

function tell({ profile, image, troubles }: Checked, context: CliContext): void {
  const verdict = troubles.some(({ severity }) => severity === "error") ? "would fail" : "ok";
  context.out.write(
    `profile ${profile}${image === undefined ? "" : ` boots ${image}`}: ${verdict}\n`,
  );
  for (const { severity, sentence, cure } of troubles) {
    context.out.write(`  ${severity}: ${sentence}\n    cure: ${cure}\n`);
  }
}
