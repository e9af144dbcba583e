import { formatUrlHost, type IpAddress } from "../wire/ip.ts";
import type { Architecture } from "./firmware.ts";
import { chooseLoader, type LoaderRules } from "./loader-choice.ts";
import type { BootStage, IpxeFeatures, MachineIdentity } from "./machine.ts";

/** Where this daemon is reached from the machine's side of the network. */
export type BootSite = {
  readonly server: IpAddress;
  readonly httpPort: number;
  /** Absent: every architecture has its usual loader. */
  readonly loaders?: LoaderRules;
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

/** Who asks: the program that runs in the machine, its architecture and its address. */
export type StageAsker = {
  readonly stage: BootStage;
  readonly arch?: Architecture | undefined;
  readonly identity?: Pick<MachineIdentity, "mac">;
};

/** Rendered by TFTP for a machine that goes round in a circle and whose iPXE has no HTTP. */
export const diagnosisFile = "loop.ipxe";

/**
 * What can this machine load next? From the program that runs in it, its architecture, and what there
 * is for it. URLs hold an address, never a name: firmware hands no resolver to its loader.
 */
export function nextStage({ stage, arch, identity }: StageAsker, site: BootSite): NextStage {
  if (stage.kind === "operating-system") return { kind: "none", reason: "not-netboot" };
  const mac = identity?.mac;
  const scriptUrl = `${originOf(site)}/boot.ipxe`;
  if (stage.kind === "ipxe") {
    const lacks = lackedFeatures(stage.features, arch);
    if (lacks.length === 0) return { kind: "script", url: scriptUrl };
    // Chained once too often: another loader would not help, the diagnosis may.
    if (mac && site.loaders?.historyOf(mac)?.loops) {
      if (stage.features.http) return { kind: "script", url: scriptUrl };
      return { kind: "tftp-loader", file: diagnosisFile };
    }
  }
  if (arch === undefined) return { kind: "none", reason: "unknown-architecture" };
  const nic = stage.kind === "ipxe" ? stage.nic : undefined;
  const loader = chooseLoader({ arch, mac, nic }, site.loaders);
  if (loader === undefined) return { kind: "none", reason: "no-loader" };
  const byHttp = stage.kind === "firmware" && stage.client === "http";
  return byHttp
    ? { kind: "http-loader", url: `${originOf(site)}/loaders/${loader}` }
    : { kind: "tftp-loader", file: loader };
}

/**
 * What an iPXE lacks to run the script and start a kernel here. A cut-down one in a ROM loads a whole
 * one of ours first: VirtualBox's has no bzImage, others no HTTP.
 */
export function lackedFeatures(
  features: Pick<IpxeFeatures, "http" | "bzimage" | "efi">,
  arch: Architecture | undefined,
): readonly string[] {
  const lacks = features.http ? [] : ["HTTP"];
  if (arch === undefined) return lacks;
  if (arch.firmware === "efi") return features.efi ? lacks : [...lacks, "EFI"];
  return features.bzimage ? lacks : [...lacks, "bzImage"];
}

function originOf(site: BootSite): string {
  return `http://${formatUrlHost(site.server)}:${site.httpPort}`;
}
