import { describe, expect, it } from "vitest";
import { diagnoseBoot } from "../../src/boot/diagnose.ts";
import { foldTimelines } from "../../src/boot/timeline.ts";
import { dhcpTalk, http, plan, type Step, story, tftp, wholeBoot } from "../support/boot-story.ts";

const firmware = dhcpTalk(0, "firmware", "snponly.efi");
const loaded = [...firmware, tftp(1040, "sent")];
const ipxe = [...loaded, ...dhcpTalk(2000, "ipxe")];
const planned = [...ipxe, plan, http(3012, "ipxe", "/ipxe")];

describe("diagnoseBoot", () => {
  const rows: readonly { name: string; steps: readonly Step[]; reached: string; cause: RegExp }[] =
    [
      { name: "a silent machine", steps: [], reached: "nothing", cause: /no DHCP message/ },
      {
        name: "no offer",
        steps: firmware.slice(0, 1),
        reached: "discover",
        cause: /offered nothing/,
      },
      { name: "no request", steps: firmware.slice(0, 2), reached: "offer", cause: /did not take/ },
      { name: "no TFTP", steps: firmware, reached: "ack", cause: /did not come for a boot file/ },
      {
        name: "TFTP lost",
        steps: [...firmware, tftp(1040, "failed")],
        reached: "loader",
        cause: /retries-spent/,
      },
      {
        name: "no such loader",
        steps: [...firmware, tftp(1040, "refused")],
        reached: "loader",
        cause: /not-found/,
      },
      {
        name: "a loader that is refused",
        steps: loaded,
        reached: "loader",
        cause: /Secure Boot refused the loader/,
      },
      {
        name: "a shim that stopped",
        steps: [...firmware, tftp(1040, "sent", "shimx64.efi")],
        reached: "loader",
        cause: /the firmware refused or could not run it/,
      },
      {
        name: "a GRUB that asks another server",
        steps: [...firmware, tftp(1040, "sent", "shimx64.efi"), tftp(1800, "sent", "grubx64.efi")],
        reached: "loader",
        cause: /GRUB arrived and asked for no configuration/,
      },
      { name: "no script", steps: ipxe, reached: "ipxe", cause: /did not fetch its script/ },
      {
        name: "no group",
        steps: [...ipxe, http(3012, "ipxe", "/ipxe", 404)],
        reached: "script",
        cause: /no group selects/,
      },
      { name: "no kernel", steps: planned, reached: "script", cause: /fetched no kernel/ },
      {
        name: "a kernel that is not there",
        steps: [...planned, http(3100, "asset", "/assets/lab/vmlinuz", 404)],
        reached: "kernel",
        cause: /vmlinuz failed \(http-404\)/,
      },
      {
        name: "no RAM disk",
        steps: [...planned, http(3100, "asset", "/assets/lab/vmlinuz")],
        reached: "kernel",
        cause: /was not/,
      },
      {
        name: "a panic",
        steps: wholeBoot.slice(0, -5),
        reached: "initrd",
        cause: /nothing was heard/,
      },
      {
        name: "no report",
        steps: wholeBoot.slice(0, -1),
        reached: "system",
        cause: /did not report/,
      },
    ];
  it.each(rows)("names $name", ({ steps, reached, cause }) => {
    const diagnosis = diagnoseBoot(foldTimelines(story(steps))[0]);
    expect(diagnosis).toMatchObject({ kind: "stopped", reached });
    expect(diagnosis.kind === "stopped" && diagnosis.cause).toMatch(cause);
  });

  it("is content with a machine that reported", () => {
    expect(diagnoseBoot(foldTimelines(story(wholeBoot))[0]).kind).toBe("up");
  });

  it("tells what an installer gave up for, unless it was mended since", () => {
    const failed = { kind: "report", stage: "failed", message: "no disk" } as const;
    const told: readonly Step[] = [...wholeBoot, [900_000, failed]];
    expect(diagnoseBoot(foldTimelines(story(told))[0])).toMatchObject({
      kind: "stopped",
      cause: "the installer gave up: failed: no disk",
    });
    const later: readonly Step[] = [...told, [950_000, { kind: "report", stage: "probing" }]];
    expect(diagnoseBoot(foldTimelines(story(later))[0]).kind).toBe("up");
  });
});
