import { spawnSync } from "node:child_process";
import { it } from "vitest";

/** The shells that live systems have for sh. */
const Shells = [["sh"], ["dash"], ["busybox", "sh"], ["bash", "--posix"]] as const;

/** Those of this machine; the others are tests that were skipped. */
export function shellsHere(): readonly { readonly shell: readonly string[] }[] {
  return Shells.flatMap((shell) => {
    const [program, ...rest] = shell;
    const { status } = spawnSync(program, [...rest, "-c", "exit 0"]);
    if (status !== 0) it.skip(`${program} is not on this machine`, () => {});
    return status === 0 ? [{ shell }] : [];
  });
}

/** Runs a script with its arguments. */
export function runShell(
  shell: readonly string[],
  words: readonly string[],
  how: { readonly input?: string; readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
) {
  const [program = "sh", ...rest] = shell;
  return spawnSync(program, [...rest, ...words], { encoding: "utf8", ...how });
}
