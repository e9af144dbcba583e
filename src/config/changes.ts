import { isDeepStrictEqual } from "node:util";
import { leaves } from "./leaves.ts";
import type { Config } from "./schema.ts";

/** The settings that differ and take effect only at the next start. */
export function needRestart(running: Config, wanted: Config): readonly string[] {
  return leaves
    .filter(({ live, path }) => !live && !isDeepStrictEqual(at(running, path), at(wanted, path)))
    .map(({ path }) => path);
}

function at(config: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((value, key) => {
    return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
  }, config);
}
