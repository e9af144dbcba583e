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

/**
 * The script that iPXE looks for beside itself (`autoexec.ipxe`): an address, then on to the first
 * script at `origin`. The user class marks every later DISCOVER, so that no iPXE is handed to it again.
 */
export function renderAutoexec(origin: string): string {
  return lines([
    "#!ipxe",
    "set user-class kindling",
    ...DhcpWaits.flatMap((seconds) => [
      "dhcp && goto boot ||",
      `echo No address yet; a switch port may still learn its network. Next try in ${seconds} s`,
      `sleep ${seconds}`,
    ]),
    "dhcp || goto end",
    ":boot",
    `chain --replace --autofree ${origin}/boot.ipxe ||`,
    "sleep 5",
    `chain --replace --autofree ${origin}/boot.ipxe ||`,
    ":end",
    ...leaveLines,
  ]);
}

/** The script for a machine that goes round in a circle: why, a while to read it, and out. */
export function renderDiagnosis(sentences: readonly string[]): string {
  const told = sentences.map((sentence) => `echo ${sentence.replace(/[^\x20-\x7e]|[$\\"']/g, "")}`);
  return lines(["#!ipxe", ...told, `sleep ${diagnosisSeconds}`, ...leaveLines]);
}

/** The script for a machine that has its system: out of the network and onto the disk. */
export function renderLocalBoot(): string {
  return lines(["#!ipxe", "echo Installed: this machine boots its disk", ...leaveLines]);
}

/** The script that loads and starts what the plan names. */
export function renderIpxe(boot: NetBoot): string {
  const kernel = ["kernel", boot.kernel, ...boot.args].join(" ");
  return lines(["#!ipxe", kernel, ...boot.initrd.map((value) => `initrd ${value}`), "boot"]);
}

/** Seconds between tries of DHCP: a port in spanning tree forwards after 30 to 50. */
const DhcpWaits = [1, 2, 4, 8, 15, 15, 15];

/** How long a diagnosis stays on the screen. */
const diagnosisSeconds = 30;

// UEFI goes on to its next boot entry after a failure, some BIOSes only by starting the disk from here.
const leaveLines = [
  "iseq ${platform} efi && exit 1 ||",
  "sanboot --no-describe --drive 0x80 || exit 1",
];

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join("");
}

function askAgain(): string {
  return `ipxe?${IpxeLabels.map(([label, setting]) => `${label}=\${${setting}}`).join("&")}`;
}
