import { type Stage, Stages, type Timeline, type TimelineRow } from "./timeline.ts";

/** How far a machine came, and what most likely holds it there. */
export type Diagnosis =
  | { readonly kind: "up"; readonly reached: "user-space" }
  | {
      readonly kind: "stopped";
      readonly reached: Stage | "nothing";
      readonly cause: string;
      readonly cure: string;
    };

type Advice = { readonly cause: string; readonly cure: string };

/** The last stage of a boot, its likely cause and a cure. No timeline: the machine was never heard. */
export function diagnoseBoot(boot: Timeline | undefined): Diagnosis {
  const rows = boot?.rows ?? [];
  const last = furthest(rows);
  if (last === undefined) return { kind: "stopped", reached: "nothing", ...Unheard };
  const isUp = last.stage === "user-space" && last.outcome !== "failed";
  if (isUp) return { kind: "up", reached: "user-space" };
  const advice = last.outcome === "failed" ? failure(last) : silence(last, boot?.arch);
  return { kind: "stopped", reached: last.stage, ...advice };
}

// What came last in time decides, not the later stage: a second try may stop earlier than the first.
function furthest(rows: readonly TimelineRow[]): TimelineRow | undefined {
  const said = rows.findLast((row) => row.stage === "user-space");
  const byTime = [...rows].sort(
    (a, b) => a.endMs - b.endMs || Stages.indexOf(a.stage) - Stages.indexOf(b.stage),
  );
  return said ?? byTime.at(-1);
}

const Unheard: Advice = {
  cause: "no DHCP message of this machine arrived",
  cure: "check cable, VLAN and that the firmware's boot order has network boot with IPv4",
};

const AfterStage: Readonly<Record<Stage, Advice>> = {
  discover: {
    cause: "the machine asked for an address and was offered nothing",
    cure: "look for its mac and the reason in the log: the pool may be empty or dhcp.mode off",
  },
  offer: {
    cause: "the machine did not take the offer up, or nobody confirmed it",
    cure: "look for a second DHCP server on this LAN; with one, set dhcp.mode to proxy",
  },
  ack: {
    cause: "the firmware has its address but did not come for a boot file",
    cure: "check that UDP 69 is open to it and that its architecture has a loader",
  },
  "boot-server": {
    cause: "the firmware was told its boot file on port 4011 but did not come for it",
    cure: "check that UDP 69 is open to it",
  },
  loader: {
    cause:
      "the loader arrived but never asked for an address: the firmware refused or could not run it",
    cure: "turn Secure Boot off or serve a signed loader, and check the loader's architecture",
  },
  ipxe: {
    cause: "iPXE runs but did not fetch its script",
    cure: "check that TCP http.port is open to the machine and that its iPXE was built with HTTP",
  },
  script: {
    cause: "iPXE has its script but fetched no kernel",
    cure: "check that a group selects this machine and that its profile names a kernel",
  },
  kernel: {
    cause: "the kernel was fetched and the initial RAM disk was not",
    cure: "check the profile's initrd paths and the machine's memory",
  },
  initrd: {
    cause: "kernel and RAM disk were fetched and nothing was heard since",
    cure: "read the serial console: a panic, a missing network driver or an installer that does not report",
  },
  asset: {
    cause: "the last thing fetched was an asset",
    cure: "read the machine's console",
  },
  config: {
    cause: "the machine fetched its configuration and did not report yet",
    cure: "read the machine's console: the configuration may not apply",
  },
  system: {
    cause: "the operating system asked for an address and did not report",
    cure: "read the machine's console, and check that it can reach http.port",
  },
  "user-space": { cause: "none", cure: "none" },
};

// Firmware tells nobody that it refused a program; UEFI that took a whole one and then says nothing
// most often did. Programs behind a signed shim are GRUB's or iPXE's business.
function silence({ stage, detail = "" }: TimelineRow, arch = ""): Advice {
  if (stage !== "loader") return AfterStage[stage];
  if (/(^|\/)grub[^/]*\.efi$/.test(detail)) return GrubLost;
  return arch.includes("UEFI") && !detail.includes("shim") ? Refused : AfterStage.loader;
}

const Refused: Advice = {
  cause: "Secure Boot refused the loader, most likely: it arrived whole and never ran",
  cure: "turn Secure Boot off, or install a signed shim and GRUB and set loaders.secureBoot to shim",
};

// GRUB 2.06 takes siaddr of the DHCPACK for its server, and a proxy's offer for nothing.
const GrubLost: Advice = {
  cause: "GRUB arrived and asked for no configuration: beside another DHCP server it asks that one",
  cure: "let the DHCP server that gives the addresses name this host as next-server (siaddr), or read the machine's console",
};

function failure(row: TimelineRow): Advice {
  if (row.stage === "user-space") {
    return {
      cause: `the installer gave up: ${row.detail ?? "it did not say why"}`,
      cure: "mend what it says; the next boot from the network tries again",
    };
  }
  const what = `${row.detail ?? row.stage} failed${row.reason ? ` (${row.reason})` : ""}`;
  if (row.reason === "http-404" && row.stage === "script") {
    return {
      cause: "no group selects this machine",
      cure: "add a group without a selector, or one that selects its mac",
    };
  }
  if (row.stage === "ack") {
    return {
      cause: `the address it asked for was denied${row.reason ? ` (${row.reason})` : ""}`,
      cure: "it starts over by itself; if not, look for two DHCP servers with the same pool",
    };
  }
  if (row.reason === "http-404" || row.reason === "not-found") {
    return {
      cause: what,
      cure: "put the file into assets.folder, or mend the path in the profile",
    };
  }
  return { cause: what, cure: "check the network's loss and MTU, and the daemon's log" };
}
