import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldTimelines, rowLimit } from "../../src/boot/timeline.ts";
import { parseMac } from "../../src/wire/mac.ts";
import {
  dhcpTalk,
  http,
  plan,
  report,
  type Step,
  story,
  storyMac,
  tftp,
  wholeBoot,
} from "../support/boot-story.ts";

const onlyBoot = (steps: readonly Step[]) => {
  const [boot, ...others] = foldTimelines(story(steps));
  expect(others).toEqual([]);
  if (boot === undefined) throw new Error("no timeline");
  return boot;
};
const stages = (steps: readonly Step[]) => onlyBoot(steps).rows.map((row) => row.stage);

describe("foldTimelines", () => {
  it("tells a UEFI boot step by step", () => {
    expect(stages(wholeBoot)).toEqual([
      ...["discover", "offer", "ack", "loader", "loader", "ipxe"],
      ...["script", "kernel", "initrd", "system", "user-space"],
    ]);
  });

  it("knows address, architecture and profile", () => {
    const { address, arch, profile } = onlyBoot(wholeBoot);
    expect({ address, arch, profile }).toEqual({
      address: "10.77.0.100",
      arch: "x64 UEFI",
      profile: "lab",
    });
  });

  it("counts a transfer back from its end", () => {
    const kernel = onlyBoot(wholeBoot).rows.find((row) => row.stage === "kernel");
    expect(kernel).toMatchObject({ startMs: 3395, endMs: 3400, bytes: 14_200_000 });
  });

  it("shows the first talk of a ROM's iPXE message by message", () => {
    const rom = [...dhcpTalk(0, "ipxe"), http(1100, "script", "/boot.ipxe")];
    expect(stages(rom)).toEqual(["discover", "offer", "ack", "script"]);
  });

  it("joins the two requests for the script into one row", () => {
    const rows = onlyBoot(wholeBoot).rows.filter((row) => row.stage === "script");
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ startMs: 3000, endMs: 3012, bytes: 722 });
  });

  it("calls an asset that no plan named an asset", () => {
    expect(stages([...dhcpTalk(0, "ipxe"), http(1500, "asset", "/assets/x")])).toContain("asset");
  });

  it("stretches DISCOVER while nobody answers", () => {
    const discover = dhcpTalk(0, "firmware").slice(0, 1);
    const again = dhcpTalk(4000, "firmware").slice(0, 1);
    expect(onlyBoot([...discover, ...again]).rows).toMatchObject([{ startMs: 0, endMs: 4000 }]);
  });

  it("shows port 4011 as a boot server's talk", () => {
    const base = { kind: "dhcp", port: 4011, stage: "firmware" } as const;
    const steps: Step[] = [
      ...dhcpTalk(0, "firmware").slice(0, 2),
      [5, { ...base, direction: "in", message: "request" }],
      [6, { ...base, direction: "out", message: "ack", file: "snponly.efi" }],
    ];
    expect(onlyBoot(steps).rows.at(-1)).toMatchObject({
      stage: "boot-server",
      outcome: "done",
      detail: "snponly.efi",
    });
  });

  it("tells a boot over IPv6 alike, and takes no release for a program", () => {
    const six = (steps: readonly Step[]): readonly Step[] =>
      steps.map(([at, fact]) => [at, fact.kind === "dhcp" ? { ...fact, port: 547 } : fact]);
    const release: Step = [
      1005,
      { kind: "dhcp", direction: "in", message: "release", port: 547, stage: "operating-system" },
    ];
    const steps = [
      ...six(dhcpTalk(0, "firmware")),
      release,
      tftp(1040, "sent"),
      ...six(dhcpTalk(2000, "ipxe")),
    ];
    expect(stages(steps)).toEqual(["discover", "offer", "ack", "loader", "ipxe"]);
    const again = onlyBoot([...steps, ...six(dhcpTalk(9000, "firmware"))]);
    expect(again.startedAt).toBe(1_009_000);
  });

  const restarts = [
    {
      name: "firmware asks again after its loader failed",
      before: [...dhcpTalk(0, "firmware"), tftp(1010, "failed")],
      next: dhcpTalk(9000, "firmware"),
    },
    {
      name: "a ROM's iPXE asks again after user space",
      before: [...dhcpTalk(0, "ipxe"), plan, report],
      next: dhcpTalk(9000, "ipxe"),
    },
  ];
  it.each(restarts)("begins anew when $name", ({ before, next }) => {
    const boot = onlyBoot([...before, ...next]);
    expect(boot.startedAt).toBe(1_009_000);
    expect(boot.rows.map((row) => row.stage)).toEqual(["discover", "offer", "ack"]);
  });

  it("keeps machines apart and leaves events of nobody out", () => {
    const other = parseMac("52:54:00:77:00:11");
    const nobody = story([report]).map(({ mac: _mac, ...event }) => event);
    const events = [...story(wholeBoot), ...story(dhcpTalk(0, "ipxe"), other), ...nobody];
    expect(foldTimelines(events).map((boot) => boot.mac)).toEqual([storyMac, other]);
  });

  it("never holds more rows than its limit", () => {
    const many = Array.from({ length: 500 }, (_, index) =>
      http(1500 + index, "asset", `/a${index}`),
    );
    expect(onlyBoot([...dhcpTalk(0, "ipxe"), ...many]).rows.length).toBeLessThanOrEqual(rowLimit);
  });

  it("draws no row backwards, whatever the order of events", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...wholeBoot]), (steps) => {
        for (const boot of foldTimelines(story(steps))) {
          for (const row of boot.rows.filter((row) => row.bytes !== undefined)) {
            expect(row.startMs).toBeGreaterThanOrEqual(0);
          }
        }
      }),
    );
  });
});

describe("a boot by GRUB over TFTP", () => {
  const file = (at: number, name: string, outcome: "sent" | "refused" = "sent"): Step => {
    const [, fact] = tftp(at, outcome);
    return [at, { ...fact, file: name } as typeof fact]; // proven: tftp() makes that kind
  };

  it("has its script, kernel and RAM disk named, and no step for what is optional", () => {
    const [boot] = foldTimelines(
      story([
        ...dhcpTalk(0, "firmware", "shimx64.efi"),
        file(1040, "shimx64.efi"),
        file(1050, "revocations_sbat.efi", "refused"),
        file(1100, "grubx64.efi"),
        file(1110, "grub/x86_64-efi/fs.lst", "refused"),
        plan,
        file(3020, "grub/grub.cfg"),
        file(3400, "assets/lab/vmlinuz"),
        file(3500, "assets/lab/initrd.gz"),
      ]),
    );
    expect(boot?.rows.slice(3).map(({ stage, outcome }) => [stage, outcome])).toEqual([
      ["loader", "done"],
      ["loader", "done"],
      ["script", "done"],
      ["kernel", "done"],
      ["initrd", "done"],
    ]);
  });
});
