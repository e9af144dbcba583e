import type { Finding } from "../boot/finding.ts";
import { isGone, type ModeState } from "./mode.ts";

export type LinkFacts = {
  readonly device: string;
  readonly wantsFull: boolean;
  /** Id of the last server that was overheard. */
  readonly heard: string | undefined;
};

/** What an operator should know of a link because of the mode it is in. */
export function linkFindings(state: ModeState, { device, wantsFull, heard }: LinkFacts): Finding[] {
  if (state.kind === "hold") {
    const who = heard === undefined ? "" : ` (${heard})`;
    const refused = wantsFull
      ? "stop it, set dhcp.mode to proxy, or set dhcp.force to true"
      : "stop one of the two; seen again, Kindling leaves addresses to the other by itself";
    return [
      {
        code: "dhcp.hold",
        severity: "error",
        sentence: `another DHCP server${who} gives addresses on ${device}, so Kindling gives no new ones and renews those it gave`,
        cure: refused,
        subject: device,
      },
    ];
  }
  if (!isGone(state)) return [];
  return [
    {
      code: "dhcp.foreign-server-gone",
      severity: "warning",
      sentence: `the DHCP server beside Kindling on ${device} no longer answers, so machines get no address there`,
      cure: "start it again; or let Kindling give addresses: dhcp.takeover: true, or dhcp.mode: full",
      subject: device,
    },
  ];
}
