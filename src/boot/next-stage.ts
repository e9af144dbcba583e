import { formatUrlHost, type IpAddress } from "../wire/ip.ts";
import type { Architecture } from "./firmware.ts";
import type { BootStage } from "./machine.ts";

/** Where this daemon is reached from the machine's side of the network. */
export type BootSite = {
  readonly server: IpAddress;
  readonly httpPort: number;
};

/**
 * What a machine is told to load. DHCP puts it into `file` and option 67, TFTP and HTTP serve exactly
 * that name, the log prints it: one answer for all, so wire and words cannot differ.
 */
export type NextStage =
  | { readonly kind: "tftp-loader"; readonly file: string }
  | { readonly kind: "http-loader"; readonly url: string }
  | { readonly kind: "script"; readonly url: string }
  | {
      readonly kind: "none";
      readonly reason: "not-netboot" | "no-loader" | "unknown-architecture";
    };

/**
 * What can this machine load next? From the program that runs in it and its architecture, nothing else.
 * URLs hold an address, never a name: firmware hands no resolver to its loader.
 */
export function nextStage(
  stage: BootStage,
  arch: Architecture | undefined,
  site: BootSite,
): NextStage {
  if (stage.kind === "operating-system") return { kind: "none", reason: "not-netboot" };
  if (stage.kind === "ipxe" && canRunScript(stage.features, arch)) {
    return { kind: "script", url: `${originOf(site)}/boot.ipxe` };
  }
  if (arch === undefined) return { kind: "none", reason: "unknown-architecture" };
  if (arch.loader === undefined) return { kind: "none", reason: "no-loader" };
  const byHttp = stage.kind === "firmware" && stage.client === "http";
  return byHttp
    ? { kind: "http-loader", url: `${originOf(site)}/loaders/${arch.loader}` }
    : { kind: "tftp-loader", file: arch.loader };
}

function originOf(site: BootSite): string {
  return `http://${formatUrlHost(site.server)}:${site.httpPort}`;
}

// A cut-down iPXE in a ROM may lack HTTP or the kernel format: then it loads a whole one of ours first.
function canRunScript(
  features: { http: boolean; bzimage: boolean; efi: boolean },
  arch: Architecture | undefined,
): boolean {
  const startsKernels = arch?.firmware === "efi" ? features.efi : features.bzimage;
  return features.http && (startsKernels || arch === undefined);
}
