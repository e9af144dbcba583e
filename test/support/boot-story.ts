import type { BootEvent, BootFact } from "../../src/boot/event.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseMac } from "../../src/wire/mac.ts";

export const storyMac = parseMac("52:54:00:77:00:10");
const address = parseIpv4("10.77.0.100");

type Talk = Extract<BootFact, { kind: "dhcp" }>["stage"];

/** One step of a story: milliseconds and what was seen. */
export type Step = readonly [at: number, fact: BootFact];

/** Steps → events of one machine, as the bus would stamp them. */
export function story(steps: readonly Step[], mac = storyMac): readonly BootEvent[] {
  return steps.map(([at, fact]) => ({ at: 1_000_000 + at, mac, address, ...fact }));
}

/** The four messages of one DHCP talk, a millisecond for each answer, the REQUEST a second later. */
export function dhcpTalk(at: number, stage: Talk, file?: string): readonly Step[] {
  const out = {
    kind: "dhcp",
    direction: "out",
    port: 67,
    stage,
    ...(file ? { file } : {}),
  } as const;
  const into = { kind: "dhcp", direction: "in", port: 67, stage } as const;
  return [
    [at, { ...into, message: "discover", arch: "x64 UEFI" }],
    [at + 1, { ...out, message: "offer" }],
    [at + 1000, { ...into, message: "request" }],
    [at + 1001, { ...out, message: "ack" }],
  ];
}

export function tftp(
  at: number,
  outcome: "sent" | "probe" | "failed" | "refused",
  file = "snponly.efi",
): Step {
  const bytes = outcome === "sent" ? 173_792 : 0;
  const reason = outcome === "failed" ? "retries-spent" : "not-found";
  return [
    at,
    {
      kind: "tftp",
      outcome,
      file,
      bytes,
      ms: 20,
      blksize: 1468,
      windowsize: 4,
      retries: 0,
      ...(outcome === "failed" || outcome === "refused" ? { reason } : {}),
    },
  ];
}

export function http(
  at: number,
  resource: "script" | "ipxe" | "asset" | "ignition",
  path: string,
  status = 200,
): Step {
  const bytes = resource === "asset" ? 14_200_000 : 361;
  return [at, { kind: "http", resource, method: "GET", path, status, bytes, ms: 5 }];
}

export const plan: Step = [
  3010,
  {
    kind: "plan",
    group: "default",
    profile: "lab",
    kernel: "/assets/lab/vmlinuz",
    initrd: ["/assets/lab/initrd.gz"],
  },
];

export const report: Step = [6000, { kind: "report", stage: "up" }];

/** A UEFI machine from its first DISCOVER to user space. */
export const wholeBoot: readonly Step[] = [
  ...dhcpTalk(0, "firmware", "snponly.efi"),
  tftp(1010, "probe"),
  tftp(1040, "sent"),
  ...dhcpTalk(2000, "ipxe", "http://10.77.0.1:8080/boot.ipxe"),
  http(3005, "script", "/boot.ipxe"),
  plan,
  http(3012, "ipxe", "/ipxe?mac=52-54-00-77-00-10"),
  http(3400, "asset", "/assets/lab/vmlinuz"),
  http(3500, "asset", "/assets/lab/initrd.gz"),
  ...dhcpTalk(4500, "operating-system"),
  report,
];
