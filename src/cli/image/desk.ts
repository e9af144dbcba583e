import { formatProblems, loadConfig } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { type ImageHouse, openImages } from "../../daemon-images.ts";
import { KindlingError } from "../../errors.ts";
import { systemClock } from "../../runtime/clock.ts";
import { findInterfaces } from "../../runtime/interfaces.ts";
import { silentLog } from "../../runtime/log.ts";
import { FileStore } from "../../store/file-store.ts";
import { checkPartial } from "../../text-engines.ts";
import { formatIpv4 } from "../../wire/ipv4.ts";
import type { CliContext } from "../context.ts";
import type { ImageFlags } from "./flags.ts";

/** What a verb works with; disposed of when it ends. */
export type Desk = Disposable & {
  readonly config: Config;
  readonly house: ImageHouse;
  readonly catalog: FileStore;
};

/** Opens folders, recipes and upstreams as the settings say. No daemon is asked: it sees what changes by itself. */
export async function openDesk(flags: ImageFlags, context: CliContext): Promise<Desk> {
  const { environment, signal } = context;
  const given: Record<string, string> = {};
  if (flags.dataFolder !== undefined) given["data.folder"] = flags.dataFolder;
  const file = flags.config === undefined ? {} : { file: flags.config };
  const resolution = await loadConfig({ flags: given, environment, ...file });
  if (resolution.kind === "invalid") {
    throw new KindlingError("config.invalid", `bad configuration\n${formatProblems(resolution)}`);
  }
  const { config } = resolution;
  const house = await openImages(config, { environment, signal });
  const { folder } = config.data;
  const catalog = new FileStore({ folder, clock: systemClock, log: silentLog, checkPartial });
  return {
    ...{ config, house, catalog },
    [Symbol.dispose]() {
      catalog[Symbol.dispose]();
      house[Symbol.dispose]();
    },
  };
}

/** Where machines reach this host: what a kernel fetches itself needs a whole URL. */
export function originOf({ interfaces, http }: Config): string {
  const [link] = interfaces.length === 0 ? [] : findInterfaces(interfaces);
  if (link !== undefined) return `http://${formatIpv4(link.address)}:${http.port}`;
  const message =
    "no interface is set, so say where machines reach this host: --origin http://ADDRESS:8080";
  throw new KindlingError("usage.invalid", message);
}

/** The one JSON object of `-o json`. */
export function printJson(value: unknown, context: CliContext): void {
  context.out.write(`${JSON.stringify(value, null, 2)}\n`);
}
