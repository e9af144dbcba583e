/** What a machine loads over the network: texts go into the boot script exactly as they are. */
export type NetBoot = {
  readonly kernel: string;
  readonly initrd: readonly string[];
  readonly args: readonly string[];
};

/** A boot configuration by name; the three template ids name files of the store, "" for none. */
export type Profile = {
  readonly file: string;
  readonly id: string;
  readonly name: string;
  readonly ignitionId: string;
  readonly cloudId: string;
  readonly genericId: string;
  /** Absent: machines of this profile get no boot script. Present and empty: they get an empty one. */
  readonly boot?: NetBoot;
};

/**
 * The path a machine will ask for when it runs a `kernel` or `initrd` value, options such as
 * `--name main` left out; an absolute URL gives its path, so that requests can be told from the plan.
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
