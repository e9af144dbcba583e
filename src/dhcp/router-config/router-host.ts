import { type Architecture, Architectures, architectureOf } from "../../boot/firmware.ts";
import { type BootSite, nextStage } from "../../boot/next-stage.ts";
import type { Ipv4Address } from "../../wire/ipv4.ts";
import type { Subnet } from "../../wire/subnet.ts";

/**
 * What another DHCP server has to say so that machines boot from this host, as a text for each
 * product. Never option 60: with it UEFI asks the address server itself for a boot server. So UEFI
 * HTTP Boot, which takes no answer without 60, stays out of these texts.
 */
export type RouterHost = {
  readonly server: Ipv4Address;
  readonly subnet: Subnet;
  /** What iPXE loads, whatever started it. */
  readonly script: string;
  readonly loaders: readonly RouterLoader[];
};

/** A file, and the architectures (option 93) that load it. */
export type RouterLoader = {
  readonly file: string;
  readonly name: string;
  readonly codes: readonly number[];
};

/** The values of this host: each file is what `nextStage` says and nothing else. */
export function routerHost(site: BootSite & Pick<RouterHost, "server" | "subnet">): RouterHost {
  const loaders = new Map<string, RouterLoader>();
  for (const arch of Architectures) {
    const file = loaderOf(arch, site);
    if (file === undefined) continue;
    const before = loaders.get(file);
    const codes = [...(before?.codes ?? []), arch.code];
    loaders.set(file, { file, name: before?.name ?? arch.name, codes });
  }
  return { ...site, script: scriptOf(site), loaders: [...loaders.values()] };
}

function loaderOf(arch: Architecture, site: BootSite): string | undefined {
  if (arch.transport !== "pxe") return undefined;
  const next = nextStage({ stage: { kind: "firmware", client: "pxe" }, arch }, site);
  return next.kind === "tftp-loader" ? next.file : undefined;
}

function scriptOf(site: BootSite): string {
  const features = { http: true, https: false, bzimage: true, efi: true };
  const next = nextStage({ stage: { kind: "ipxe", features }, arch: architectureOf(0) }, site);
  return next.kind === "script" ? next.url : "";
}

/** 7 → `0007`, as option 93 holds it. */
export function hexCode(code: number): string {
  return code.toString(16).padStart(4, "0");
}
