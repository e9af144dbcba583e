import type { JsonObject } from "./json-value.ts";

/** What a machine loads over the network: texts go into the boot script exactly as they are. */
export type NetBoot = {
  readonly kernel: string;
  readonly initrd: readonly string[];
  readonly args: readonly string[];
  /** The texts are templates over the machine's variables. */
  readonly template?: true;
};

/** A boot configuration by name; the three template ids name files of the store, "" for none. */
export type Profile = {
  readonly file: string;
  readonly id: string;
  readonly name: string;
  readonly ignitionId: string;
  readonly cloudId: string;
  readonly genericId: string;
  /**
   * Absent: machines of this profile get no boot script. Present and empty: they get an empty one.
   */
  readonly boot?: NetBoot;
  /** Variables of every group of this profile, unless the group has its own. */
  readonly metadata?: JsonObject;
  /** Further files like that of `genericId`, by the name they are asked for. */
  readonly generics?: ReadonlyMap<string, string>;
};

/**
 * The path a machine will ask for when it runs a `kernel` or `initrd` value, options such as
 * `--name main` left out; an absolute URL gives its path, so that requests can be told from the
 * plan.
 */
export function requestPath(value: string): string {
  const words = value.split(/\s+/).filter((word) => word !== "");
  let index = 0;
  while (words[index]?.startsWith("-")) index += takesValue(words[index] ?? "") ? 2 : 1;
  const target = (words[index] ?? "").split(/[?#]/, 1)[0] ?? "";
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, "");
  return path.startsWith("/") ? path : `/${path}`;
}

// iPXE's image options that take their value as the next word.
function takesValue(option: string): boolean {
  return ["-n", "--name", "-t", "--timeout"].includes(option);
}
