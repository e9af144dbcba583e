import { describe, expect, it } from "vitest";
import { diagnoseBoot } from "../../src/boot/diagnose.ts";
import { debianOvmfHttp, debianOvmfSecure } from "../../src/lab/firmware.ts";
import {
  openArm64,
  openSignedLoaders,
  openSuiteIpxe,
  readLoaders,
} from "../../src/lab/machine-files.ts";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { machineMac, openTestRoom } from "../support/lab.ts";

const cache = cacheFolder(process.env);
const say = (): void => {};
const mac = machineMac(0x10);

describe("UEFI HTTP Boot", () => {
  it("loads iPXE by HTTP, asking for its size first, and boots", async () => {
    await using test = await openTestRoom("uefi-http", {});
    const vm = await test.powerOn("m1", mac, debianOvmfHttp);
    await vm.mark(/^KINDLING-UP /);
    const loads = test.room.events.filter(
      (event) => event.kind === "http" && event.resource === "loader",
    );
    expect(loads.slice(0, 2)).toMatchObject([
      { method: "HEAD", status: 200, path: "/loaders/snponly.efi" },
      { method: "GET", status: 200, path: "/loaders/snponly.efi" },
    ]);
    expect(test.room.events.filter(({ kind }) => kind === "tftp")).toEqual([]);
  });
});

/** edk2 asks its servers anew, one after the other, before it comes to the loader. */
const refusalMs = 300_000;

describe("Secure Boot", () => {
  it("refuses an unsigned loader, and then starts Debian's shim, GRUB and kernel", {
    timeout: 3 * refusalMs,
  }, async () => {
    const loaders = await readLoaders(await openSignedLoaders(cache, say));
    await using test = await openTestRoom("secure-boot", { loaders });
    // edk2 tries its next entry at once, HTTP Boot: the second load may be that or a second start.
    const causes: string[] = [];
    for (let boot = 1; boot <= 3; boot += 1) {
      await using vm = await test.powerOn(`m${boot}`, mac, debianOvmfSecure, { memoryMb: 768 });
      const end = await vm.mark(/Access Denied|Security Violation|^KINDLING-UP /, refusalMs);
      if (end.text.startsWith("KINDLING-UP")) break;
      const diagnosis = diagnoseBoot(test.timelineOf(mac));
      causes.push(diagnosis.kind === "stopped" ? diagnosis.cause : "");
    }
    expect(causes[0]).toContain("Secure Boot refused the loader");
    const told = test.room.events.flatMap((event) =>
      event.kind === "dhcp" && event.message === "offer" && event.file ? event.file : [],
    );
    expect([told[0], told.at(-1)]).toEqual(["snponly.efi", "shimx64.efi"]);

    const boot = test.timelineOf(mac);
    const stages = boot?.rows.map((row) => row.stage) ?? [];
    expect(stages).toEqual(expect.arrayContaining(["loader", "script", "kernel", "initrd"]));
    expect(boot?.rows.filter((row) => row.outcome === "failed")).toEqual([]);
    expect(diagnoseBoot(boot)).toMatchObject({ kind: "up" });
    // All of it came by TFTP, the kernel too: this GRUB has no HTTP.
    const sent = test.room.events.flatMap((event) =>
      event.kind === "tftp" && event.outcome === "sent" ? event.file : [],
    );
    expect(sent.slice(-5)).toEqual([
      "shimx64.efi",
      "grubx64.efi",
      "grub/grub.cfg",
      "assets/lab/vmlinuz",
      "assets/lab/initrd.gz",
    ]);
  });
});

describe("a machine that goes round in a circle", () => {
  it("is shown why on its screen, and moves on", async () => {
    const broken = { id: "default", boot: { kernel: "/assets/none", initrd: [], args: [] } };
    const files = new Map([["profiles/default.json", JSON.stringify(broken)]]);
    await using test = await openTestRoom("boot-loop", { files });
    for (const boot of [1, 2, 3]) {
      await using vm = await test.powerOn(`boot-${boot}`, mac, "bios");
      await vm.mark(/No such file or directory|No bootable device/);
    }
    await using vm = await test.powerOn("stopped", mac, "bios");
    await vm.mark(/Kindling stopped a boot loop: the machine fetches its script/);
    await vm.mark(/^Cure: /);
    const raised = test.room.events.filter((event) => event.kind === "finding");
    expect(raised).toMatchObject([{ change: "raised", finding: { code: "boot.loop", mac } }]);
  });
});

describe("arm64", () => {
  it("boots by the loader of a newer Debian, whose script is served beside it", async () => {
    const { firmware, guest } = await openArm64(cache, say);
    const ipxe = await readLoaders((await openSuiteIpxe(cache, "trixie", say)).loaders);
    const loaders = new Map([...ipxe].filter(([name]) => name === "ipxe-arm64.efi"));
    const profiles = [{ id: "default", end: "poweroff", console: "ttyAMA0" }] as const;
    await using test = await openTestRoom("arm64", { guest, loaders, profiles });
    const vm = await test.powerOn("m1", mac, firmware, { memoryMb: 1024 });
    await vm.mark(/^KINDLING-UP /);
    const files = test.room.events.flatMap((event) =>
      event.kind === "tftp" && event.outcome === "sent" ? event.file : [],
    );
    expect(files).toEqual(expect.arrayContaining(["ipxe-arm64.efi", "autoexec.ipxe"]));
  });
});
