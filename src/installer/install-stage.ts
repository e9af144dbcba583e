import { imagePath } from "../assets/image/image.ts";
import { profileOf } from "../assets/image/image-profile.ts";
import { packingOf } from "../assets/image/packing.ts";
import type { Profile } from "../boot/profile.ts";
import { formatMacHyphen } from "../wire/mac.ts";
import type { Cluster, ClusterNode } from "./cluster.ts";
import { deviceOf, formatDiskRule } from "./disk-rule.ts";
import { formatMachine } from "./ignition-document.ts";
import { type ClusterSurroundings, imageOf, type LibraryFile } from "./surroundings.ts";
import { formatEnvironment, formatUnit } from "./unit-text.ts";

/** Where live systems fetch what writes their disk. */
export const installScriptPath = "/assets/installer/install.sh";

/** The word that a machine is known by to its installer: a MAC with dashes, or the UUID without one. */
function machineWord({ macs: [mac], uuid }: ClusterNode): string {
  return mac === undefined ? String(uuid) : formatMacHyphen(mac);
}

/** Where the installed system's Ignition file is: the same request as the live system's, and one label more. */
function installedUrl(node: ClusterNode, { origin }: Pick<ClusterSurroundings, "origin">): string {
  return `${origin}/ignition?${labelOf(node)}&os=installed`;
}

/** Where the machine tells how far it is. */
export function reportUrl(
  node: ClusterNode,
  { origin }: Pick<ClusterSurroundings, "origin">,
): string {
  return `${origin}/report?${labelOf(node)}`;
}

/** By what a request of the machine names it. */
function labelOf(node: ClusterNode): string {
  return `${node.macs.length > 0 ? "mac" : "uuid"}=${machineWord(node)}`;
}

/** The Ignition file of the live system: it says what to install, and runs what installs it. */
export function installIgnition(
  cluster: Cluster,
  node: ClusterNode,
  surroundings: ClusterSurroundings,
): string {
  const text = formatEnvironment(installEnvironment(cluster, node, surroundings));
  const path = "/etc/kindling/install.env";
  return formatMachine({
    // Not `core`: whoever waits for the installed system by ssh must not meet this one.
    users: cluster.sshKeys.length > 0 ? [{ name: "debug", sshKeys: cluster.sshKeys }] : [],
    files: [{ path, mode: 0o644, text }],
    units: [{ name: "kindling-install.service", text: installUnit, enabled: true }],
  });
}

function installEnvironment(
  cluster: Cluster,
  node: ClusterNode,
  surroundings: ClusterSurroundings,
): Readonly<Record<string, string>> {
  const { origin } = surroundings;
  const image = needed(imageOf(cluster, surroundings));
  const disk = needed(image.files.find(({ role }) => role === "disk"));
  return {
    KINDLING_ORIGIN: origin,
    KINDLING_MACHINE: machineWord(node),
    KINDLING_IMAGE_URL: `${origin}/assets/images/${imagePath(image.id)}/${disk.file}`,
    KINDLING_IMAGE_SHA256: disk.rawSha256 ?? "",
    KINDLING_IMAGE_FORMAT: formatOf(disk),
    KINDLING_DISK_RULE: formatDiskRule(node.disk),
    KINDLING_IGNITION_URL: installedUrl(node, surroundings),
    KINDLING_PROGRESS_URL: reportUrl(node, surroundings),
  };
}

/** What the file's last ending says of its packing. */
function formatOf({ file }: LibraryFile): string {
  const packing = packingOf(file);
  return packing === undefined ? "raw" : `raw.${packing}`;
}

const script = "/run/kindling/install.sh";
const curlFlags = "--fail --silent --show-error --retry 10 --retry-connrefused";
const installUnit = formatUnit({
  Unit: {
    Description: "Install this machine",
    Wants: "network-online.target",
    After: "network-online.target",
    StartLimitIntervalSec: "0",
  },
  Service: {
    Type: "oneshot",
    EnvironmentFile: "/etc/kindling/install.env",
    RuntimeDirectory: "kindling",
    ExecStartPre: `/usr/bin/env curl ${curlFlags} --output ${script} \${KINDLING_ORIGIN}${installScriptPath}`,
    ExecStart: `/bin/sh ${script}`,
    StandardOutput: "journal+console",
    Restart: "on-failure",
    RestartSec: "30s",
  },
  Install: { WantedBy: "multi-user.target" },
});

/** The profile that boots the live system, with the installer's own arguments where it brings one. */
export function installProfile(
  cluster: Cluster,
  node: ClusterNode,
  wish: { readonly id: string; readonly surroundings: ClusterSurroundings },
): Profile {
  const { id, surroundings } = wish;
  const image = needed(imageOf(cluster, surroundings));
  const profile = needed(profileOf(image, { id, origin: surroundings.origin }));
  const boot = needed(profile.boot);
  const isStaged = cluster.operatingSystem.install === "staged";
  const args = isStaged ? boot.args : coreosArgs(node, boot.args, surroundings);
  return {
    ...profile,
    name: `${profile.name} for ${node.name}`,
    ignitionId: `${id}.ign`,
    boot: { ...boot, args },
  };
}

// The live system must not take the configuration that is for the disk: it is coreos-installer's.
function coreosArgs(
  node: ClusterNode,
  args: readonly string[],
  { origin }: ClusterSurroundings,
): readonly string[] {
  return [
    ...args.filter((arg) => !arg.startsWith("ignition.config.url=")),
    `coreos.inst.install_dev=${deviceOf(node.disk) ?? ""}`,
    `coreos.inst.ignition_url=${origin}/ignition?${labelOf(node)}`,
  ];
}

// The validations have found what is missing before: `image.*`.
function needed<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError("rendered without its validations");
  return value;
}
