import { formatGroup, formatProfile } from "../store/format.ts";
import { formatIpv4 } from "../wire/ipv4.ts";
import type { PlannedRecord, PlannedReservation } from "./names.ts";
import type { ClusterPlan } from "./plan.ts";

/** A file of a dry run. `secret` ones are for the owner's eyes. */
export type PlanFile = { readonly path: string; readonly text: string; readonly secret: boolean };

/**
 * A plan as files, in order of path: the catalog's folders as a data folder has them, rows for the
 * settings, and below `secret/` what must not be handed around.
 */
export function planFiles(plan: ClusterPlan): readonly PlanFile[] {
  const open = (path: string, text: string) => ({ path, text, secret: false });
  const shut = (path: string, text: string) => ({ path: `secret/${path}`, text, secret: true });
  const bundles = [...plan.bundles].flatMap(([node, files]) =>
    files.map((file) => shut(`bundles/${node}${file.path}`, "text" in file ? file.text : "")),
  );
  const files = [
    ...plan.groups.map((group) => open(`groups/${group.file}.json`, formatGroup(group))),
    ...plan.profiles.map((profile) => {
      return open(`profiles/${profile.file}.json`, formatProfile(profile));
    }),
    ...[...plan.ignition].map(([name, text]) => open(`ignition/${name}`, text)),
    open("reservations.yaml", formatReservations(plan.reservations)),
    open("records.zone", formatRecords(plan.records)),
    ...plan.manifests.map(({ file, object, secret }) => {
      const text = `${JSON.stringify(object, null, 2)}\n`;
      return secret ? shut(`manifests/${file}`, text) : open(`manifests/${file}`, text);
    }),
    ...bundles,
    ...(plan.kubeconfig === undefined ? [] : [shut("kubeconfig", plan.kubeconfig)]),
  ];
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Rows for `dhcp.reservations`. */
function formatReservations(rows: readonly PlannedReservation[]): string {
  const lines = rows.map(({ mac, uuid, address, hostname }) => {
    const machine = mac === undefined ? `uuid: "${uuid}"` : `mac: "${mac}"`;
    return `    - { ${machine}, address: ${formatIpv4(address)}, hostname: ${hostname} }\n`;
  });
  return `dhcp:\n  reservations:\n${lines.join("")}`;
}

/** Lines as zone files have them, with whole names. */
function formatRecords(records: readonly PlannedRecord[]): string {
  return records
    .map(({ name, type, value }) => {
      const target = type === "A" ? value : `${value}.`;
      return `${name}. 300 IN ${type} ${target}\n`;
    })
    .join("");
}
