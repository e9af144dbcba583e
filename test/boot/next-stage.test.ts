import { describe, expect, it } from "vitest";
import { Architectures, architectureOf, pickArchitecture } from "../../src/boot/firmware.ts";
import type { LoaderRules } from "../../src/boot/loader-choice.ts";
import type { BootStage, IpxeFeatures } from "../../src/boot/machine.ts";
import { lackedFeatures, nextStage } from "../../src/boot/next-stage.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseIpv6 } from "../../src/wire/ipv6.ts";
import { parseMac } from "../../src/wire/mac.ts";

const mac = parseMac("52:54:00:77:00:10");
const site = { server: parseIpv4("10.77.0.1"), httpPort: 8080 };
const none: IpxeFeatures = { http: false, https: false, bzimage: false, efi: false };
const ipxe = (features: Partial<IpxeFeatures>): BootStage => ({
  kind: "ipxe",
  features: { ...none, ...features },
});
const pxe: BootStage = { kind: "firmware", client: "pxe" };
const http: BootStage = { kind: "firmware", client: "http" };
const script = { kind: "script", url: "http://10.77.0.1:8080/boot.ipxe" };

describe("nextStage", () => {
  const cases = [
    {
      name: "BIOS firmware",
      stage: pxe,
      arch: 0,
      want: { kind: "tftp-loader", file: "undionly.kpxe" },
    },
    {
      name: "x64 firmware",
      stage: pxe,
      arch: 7,
      want: { kind: "tftp-loader", file: "snponly.efi" },
    },
    {
      name: "x64 firmware calling itself EBC",
      stage: pxe,
      arch: 9,
      want: { kind: "tftp-loader", file: "snponly.efi" },
    },
    {
      name: "arm64 firmware",
      stage: pxe,
      arch: 11,
      want: { kind: "tftp-loader", file: "snponly-arm64.efi" },
    },
    {
      name: "x64 HTTP Boot",
      stage: http,
      arch: 16,
      want: { kind: "http-loader", url: "http://10.77.0.1:8080/loaders/snponly.efi" },
    },
    {
      name: "iPXE with HTTP and bzImage",
      stage: ipxe({ http: true, bzimage: true }),
      arch: 0,
      want: script,
    },
    { name: "iPXE on UEFI", stage: ipxe({ http: true, efi: true }), arch: 7, want: script },
    {
      name: "iPXE that named no architecture",
      stage: ipxe({ http: true }),
      arch: undefined,
      want: script,
    },
    {
      name: "a cut-down iPXE in a ROM",
      stage: ipxe({ bzimage: true }),
      arch: 0,
      want: { kind: "tftp-loader", file: "undionly.kpxe" },
    },
    {
      name: "an operating system",
      stage: { kind: "operating-system" },
      arch: 0,
      want: { kind: "none", reason: "not-netboot" },
    },
    { name: "Itanium", stage: pxe, arch: 2, want: { kind: "none", reason: "no-loader" } },
    {
      name: "firmware that says nothing",
      stage: pxe,
      arch: undefined,
      want: { kind: "none", reason: "unknown-architecture" },
    },
  ] as const;
  it.each(cases)("gives $name its next stage", ({ stage, arch, want }) => {
    const architecture = arch === undefined ? undefined : architectureOf(arch);
    expect(nextStage({ stage, arch: architecture }, site)).toEqual(want);
  });
});

describe("nextStage of a machine that goes round in a circle", () => {
  const loaders: LoaderRules = {
    ...{ has: () => true, prefer: "snponly", secureBoot: "off", machines: new Map() },
    historyOf: () => ({ silentLoads: 0, loops: true }),
  };
  const ask = (stage: BootStage) =>
    nextStage({ stage, arch: architectureOf(0), identity: { mac } }, { ...site, loaders });
  it.each([
    { name: "its script, that holds the diagnosis", stage: ipxe({ http: true }), want: script },
    {
      name: "the diagnosis by TFTP where it has no HTTP",
      stage: ipxe({ bzimage: true }),
      want: { kind: "tftp-loader", file: "loop.ipxe" },
    },
    {
      name: "its loader while its firmware runs",
      stage: pxe,
      want: { kind: "tftp-loader", file: "undionly.kpxe" },
    },
  ] as const)("is $name", ({ stage, want }) => {
    expect(ask(stage)).toEqual(want);
  });
});

describe("lackedFeatures", () => {
  it.each([
    { name: "a BIOS needs bzImage", features: { ...none, http: true }, arch: 0, want: ["bzImage"] },
    { name: "UEFI needs EFI images", features: none, arch: 7, want: ["HTTP", "EFI"] },
    {
      name: "a whole one lacks nothing",
      features: { ...none, http: true, efi: true },
      arch: 7,
      want: [],
    },
  ])("$name", ({ features, arch, want }) => {
    expect(lackedFeatures(features, architectureOf(arch))).toEqual(want);
  });
});

describe("the architecture table", () => {
  it("stands at its own codes, 0 to 41", () => {
    expect(Architectures.map(({ code }) => code)).toEqual(
      Array.from({ length: 42 }, (_, code) => code),
    );
  });

  it("knows LoongArch from RISC-V, which decimal and hexadecimal readings confuse", () => {
    expect(architectureOf(0x27)?.cpu).toBe("loong64");
    expect(architectureOf(27)?.cpu).toBe("riscv64");
  });

  const picks = [
    { name: "the first with a loader", codes: [2, 7], want: 7 },
    { name: "an unknown code never", codes: [999, 11], want: 11 },
    { name: "a known one without a loader at last", codes: [2], want: 2 },
    { name: "nothing from nothing", codes: [], want: undefined },
  ];
  it.each(picks)("picks $name", ({ codes, want }) => {
    expect(pickArchitecture(codes)?.code).toBe(want);
  });
});

it("names an IPv6 server in brackets", () => {
  const server = { server: parseIpv6("fd77::1"), httpPort: 8080 };
  const next = nextStage({ stage: http, arch: architectureOf(16) }, server);
  expect(next).toEqual({
    kind: "http-loader",
    url: "http://[fd77::1]:8080/loaders/snponly.efi",
  });
});
