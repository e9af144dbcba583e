// biome-ignore-all lint/suspicious/noTemplateCurlyInString: iPXE writes its settings like that
/**
 * Plans as the text a boot program reads. Pure: a plan in, the whole body out, byte for byte what
 * clients of matchbox are used to. Nothing is escaped: profiles hold script text on purpose.
 */
import type { NetBoot } from "../boot/profile.ts";

/** Label → the iPXE setting it is filled from, in the order the query carries them. */
const IpxeLabels = [
  ["uuid", "uuid"],
  ["mac", "mac:hexhyp"],
  ["domain", "domain"],
  ["hostname", "hostname"],
  ["serial", "serial"],
  ["arch", "buildarch:uristring"],
];

/**
 * The first script every iPXE loads: come back to `/ipxe` and say who you are. The URL is
 * relative, so that it holds behind any address, port or path the machine came by.
 */
export function renderBootScript(): string {
  return lines(["#!ipxe", `chain ${askAgain()}`]);
}

/** The script for a machine that is not known yet: say so and ask again, until somebody adds it. */
export function renderWaitingRoom(seconds: number): string {
  return lines([
    "#!ipxe",
    ":wait",
    "echo No group matches this machine yet: mac ${mac} uuid ${uuid} serial ${serial}",
    `sleep ${seconds}`,
    `chain --replace --autofree ${askAgain()} || goto wait`,
  ]);
}

/** The script that loads and starts what the plan names. */
export function renderIpxe(boot: NetBoot): string {
  const kernel = ["kernel", boot.kernel, ...boot.args].join(" ");
  return lines(["#!ipxe", kernel, ...boot.initrd.map((value) => `initrd ${value}`), "boot"]);
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join("");
}

function askAgain(): string {
  return `ipxe?${IpxeLabels.map(([label, setting]) => `${label}=\${${setting}}`).join("&")}`;
}
