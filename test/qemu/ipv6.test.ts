import { describe, expect, it } from "vitest";
import { dnsmasqServer } from "../../src/lab/foreign-server.ts";
import type { LabSettings } from "../../src/lab/lab-config.ts";
import { connectsOf, dhcpOf } from "../support/frames.ts";
import { machineMac, openTestRoom } from "../support/lab.ts";

// How long iPXE's wait for an IPv6 router and for a proxyDHCP server is, from its first DISCOVER to its
// first request for a script. Measured: see docs/ipv6.md.
describe("a ROM's iPXE on a LAN without an IPv6 router", () => {
  type Row = {
    readonly name: string;
    readonly settings: LabSettings;
    readonly seconds: readonly [least: number, most: number];
  };
  const rows: readonly Row[] = [
    { name: "told that there is none, and no proxy", settings: {}, seconds: [0, 2] },
    {
      name: "told that there is none, beside another DHCP server",
      settings: { dhcpMode: "proxy", ipv6: { advert: "on" } },
      seconds: [0, 2],
    },
    { name: "told nothing", settings: { ipv6: { advert: "off" } }, seconds: [14, 20] },
  ];
  it.each(rows)("$name, starts within $seconds s", async ({ name, settings, seconds }) => {
    const isProxy = settings.dhcpMode === "proxy";
    await using test = await openTestRoom(`ipv6-${name.replaceAll(/\W+/g, "-")}`, { settings });
    if (isProxy) await test.putBeside(dnsmasqServer(test.room.folder));
    const mac = machineMac(0x10);
    const vm = await test.powerOn("m1", mac, "bios");
    await vm.mark(/^KINDLING-UP /);
    const discover = dhcpOf(await test.captured()).find((one) => one.mac === mac);
    const [script = 0] = connectsOf(await test.frames(), 8080);
    const took = (script - (discover?.at ?? 0)) / 1000;
    process.stdout.write(`${name}: ${took.toFixed(1)} s from DISCOVER to script\n`);
    expect(took).toBeGreaterThan(seconds[0]);
    expect(took).toBeLessThan(seconds[1]);

    const ours = dhcpOf(await test.captured()).filter((one) => one.from === "10.77.0.1");
    const said = ours.filter((one) => one.mac === mac && one.options.has(60));
    expect(said.length).toBeGreaterThan(0);
    // 176 of option 175: "no proxyDHCP server here", which a proxyDHCP server must not say.
    const noProxy = isProxy ? undefined : "b00101";
    for (const one of said) expect(one.options.get(175)?.toString("hex")).toBe(noProxy);
  });
});

describe("UEFI machines over IPv6", () => {
  it("load iPXE by PXE over IPv6 and boot", async () => {
    const settings = { ipv6: { dhcp: "stateful" } } as const;
    await using test = await openTestRoom("ipv6-uefi-pxe", { settings, ipv6: true });
    const mac = machineMac(0x10);
    const vm = await test.powerOn("m1", mac, "uefi", { withoutPxe: ["IPv4"] });
    await vm.mark(/^KINDLING-UP /);
    const boot = test.timelineOf(mac);
    const stages = boot?.rows.map((row) => row.stage) ?? [];
    const want = ["discover", "ack", "loader", "ipxe", "script", "kernel", "initrd", "user-space"];
    expect(stages).toEqual(expect.arrayContaining(want));
    const loader = test.room.events.find((one) => one.kind === "tftp" && one.outcome === "sent");
    expect(loader).toMatchObject({ file: "snponly.efi", mac, windowsize: 4 });
    expect(loader?.address).toMatch(/^fd77::/);
    // edk2 configures its IPv6 as well, in a talk of its own that is no boot.
    const offers = test.room.events.filter(
      (one) => one.kind === "dhcp" && one.message === "offer" && one.stage === "firmware",
    );
    expect(offers[0]).toMatchObject({ port: 547, mac, file: "tftp://[fd77::1]/snponly.efi" });
  });
});
