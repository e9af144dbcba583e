import type { Command } from "commander";
import {
  everyRegistry,
  hostsPath,
  renderHostsToml,
  usualRegistries,
} from "../assets/oci/hosts-toml.ts";
import { isRegistry } from "../assets/oci/reference.ts";
import type { Config } from "../config/schema.ts";
import { openOciStore } from "../daemon-oci.ts";
import { KindlingError } from "../errors.ts";
import { findInterfaces } from "../runtime/interfaces.ts";
import { formatIpv4 } from "../wire/ipv4.ts";
import type { CliContext } from "./context.ts";
import type { Act } from "./dhcp-leases.ts";
import { readConfig } from "./read-config.ts";

type HostsFlags = {
  readonly config?: string;
  readonly registry?: readonly string[];
  readonly url?: string;
  readonly fallback: "none" | "upstream";
};

/** Adds `kindling oci hosts`. */
export function addHostsVerb(
  verb: (words: string, description: string) => Command,
  context: CliContext,
  act: Act,
): void {
  const command = verb("hosts", "print what tells containerd of this mirror, and where to put it");
  command
    .option("--registry <host...>", `for these; ${everyRegistry} is for all that have none`)
    .option("--url <url>", "where machines reach the mirror; else by the first of the interfaces")
    .addOption(
      command
        .createOption("--fallback <whom>", "who is asked for what the mirror has not")
        .choices(["none", "upstream"])
        .default("none"),
    )
    .action(act((flags: HostsFlags) => printHosts(flags, context)));
}

async function printHosts(flags: HostsFlags, context: CliContext): Promise<number> {
  const config = await readConfig(flags, context);
  const { fallback } = flags;
  const mirror = flags.url === undefined ? mirrorUrl(config) : checkUrl(flags.url);
  const registries = flags.registry ?? (await allRegistries(config));
  const bad = registries.find((one) => !isRegistry(one) && one !== everyRegistry);
  if (bad !== undefined) {
    throw new KindlingError(
      "usage.invalid",
      `--registry: want a host such as quay.io, got "${bad}"`,
    );
  }
  const files = registries.map((registry) => renderHostsToml({ registry, mirror, fallback }));
  context.out.write(files.join("\n"));
  const first = hostsPath(registries[0] ?? everyRegistry);
  context.error.write(
    `each goes to the path in its first line, on every machine; Ignition can fetch it from ${mirror}/oci/hosts/${first.split("/").slice(-2).join("/")}\n`,
  );
  return 0;
}

async function allRegistries(config: Config): Promise<readonly string[]> {
  const own = (await openOciStore(config).repositories()).map(({ registry }) => registry);
  return [...new Set([...usualRegistries, ...own])].sort();
}

function mirrorUrl({ interfaces, oci, http }: Config): string {
  const [device] = interfaces;
  if (device === undefined) {
    const cure = "name the mirror with --url http://ADDRESS:PORT, or set interfaces";
    throw new KindlingError("usage.invalid", `no interface is set: ${cure}`);
  }
  const [link] = findInterfaces([device]);
  if (link === undefined) throw new TypeError("findInterfaces finds each or throws");
  return `http://${formatIpv4(link.address)}:${oci.port === 0 ? http.port : oci.port}`;
}

function checkUrl(text: string): string {
  const isPlain = /^https?:\/\/[A-Za-z0-9.[\]:-]+$/.test(text) && URL.canParse(text);
  if (isPlain) return text;
  throw new KindlingError("usage.invalid", `--url: want http://HOST:PORT, got "${text}"`);
}
