import { describe, expect, it } from "vitest";
import { diagnoseBoot } from "../../src/boot/diagnose.ts";
import type { FindingCode } from "../../src/boot/finding.ts";
import { dnsmasqServer, keaServer } from "../../src/lab/foreign-server.ts";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { machineMac, openTestRoom, type TestRoom } from "../support/lab.ts";
import { MatrixMachines } from "../support/matrix-machines.ts";

const mac = machineMac(0x10);

/** A dnsmasq set up so that machines pass Kindling over, and how that is told. */
type Row = {
  readonly name: string;
  readonly firmware: "bios" | "uefi";
  readonly words: readonly string[];
  /** The machine's own word that it did not boot. */
  readonly screen: RegExp;
  readonly code: FindingCode;
  readonly sentence: string;
  readonly cure: RegExp;
  readonly reached: string;
};

const rows: readonly Row[] = [
  {
    name: "says PXEClient, so UEFI asks it for a boot server",
    firmware: "uefi",
    words: ["--dhcp-option-force=60,PXEClient"],
    screen: /PXE-E\d\d/,
    code: "dhcp.foreign-option-60",
    sentence:
      'DHCP server 10.77.0.2 sends option 60 "PXEClient", so UEFI machines ask it for a boot server on port 4011 and never Kindling',
    cure: /dnsmasq: remove pxe-service/,
    reached: "offer",
  },
  {
    name: "names a boot file, which iPXE takes",
    firmware: "bios",
    words: ["--dhcp-boot=router.kpxe,router,10.77.0.2"],
    screen: /tftp:\/\/10\.77\.0\.2\/router\.kpxe.*(refused|timed out|error)/i,
    code: "dhcp.foreign-boot-file",
    sentence:
      'DHCP server 10.77.0.2 names the boot file "router.kpxe" from 10.77.0.2, which iPXE takes instead of Kindling\'s',
    cure: /kindling dhcp router-config prints the lines/,
    reached: "offer",
  },
];

describe("beside a dnsmasq that stands in the way, the daemon says what is wrong when it", () => {
  it.each(rows)("$name", async ({ name, firmware, words, screen, code, ...want }) => {
    const settings = { dhcpMode: "proxy" } as const;
    const room = `wrong-${name.split(",")[0]?.toLowerCase().replaceAll(/\W+/g, "-")}`;
    await using test = await openTestRoom(room, { settings });
    const told = findingOf(test, code);
    await test.putBeside(dnsmasqServer(test.room.folder, words));
    const vm = await test.powerOn("m1", mac, firmware);
    await vm.mark(screen);
    const finding = await told;
    expect(finding.sentence).toBe(want.sentence);
    expect(finding.cure).toMatch(want.cure);
    expect(diagnoseBoot(test.timelineOf(mac))).toMatchObject({
      kind: "stopped",
      reached: want.reached,
    });
    expect(test.room.events.filter(({ kind }) => kind === "tftp")).toEqual([]);
  });
});

describe("Secure Boot by GRUB 2.06 beside a Kea that names no next server", () => {
  it("ends in GRUB, and the timeline says whom GRUB asked", async () => {
    const setup = await MatrixMachines["UEFI, Secure Boot: shim, GRUB"]();
    const { firmware, how, loaders, settings } = setup;
    const chosen = {
      settings: { ...settings, dhcpMode: "proxy" },
      ...(loaders && { loaders }),
    } as const;
    await using test = await openTestRoom("wrong-next-server", chosen);
    await test.putBeside(await keaServer(test.room.folder, cacheFolder(process.env)));
    const vm = await test.powerOn("m1", mac, firmware, how);
    await vm.mark(/grub>|GNU GRUB/);
    expect(diagnoseBoot(test.timelineOf(mac))).toEqual({
      kind: "stopped",
      reached: "loader",
      cause:
        "GRUB arrived and asked for no configuration: beside another DHCP server it asks that one",
      cure: expect.stringContaining("name this host as next-server"),
    });
  });
});

async function findingOf(test: TestRoom, code: FindingCode) {
  return await new Promise<{ readonly sentence: string; readonly cure: string }>((resolve) => {
    const listening = test.room.onEvent((event) => {
      if (event.kind !== "finding" || event.change !== "raised") return;
      if (event.finding.code !== code) return;
      listening[Symbol.dispose]();
      resolve(event.finding);
    });
  });
}
