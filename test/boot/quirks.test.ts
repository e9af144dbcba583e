import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Architectures, architectureOf } from "../../src/boot/firmware.ts";
import { explainRefusal } from "../../src/boot/firmware-refusals.ts";
import {
  DhcpEffects,
  type FirmwareTraits,
  isQuirk,
  QuirkEffects,
  Quirks,
  quirksOf,
  traitsOfMachine,
} from "../../src/boot/quirks.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { parseUuid } from "../../src/wire/uuid.ts";

const pi = "PXEClient:Arch:00000:UNDI:002001";
const traits = (parts: Partial<FirmwareTraits>): FirmwareTraits => ({
  vendorClass: "",
  archCodes: [],
  ...parts,
});

describe("quirksOf", () => {
  const rows: { name: string; traits: Partial<FirmwareTraits>; want: string[] }[] = [
    {
      name: "a Pi by its maker's address",
      traits: { vendorClass: pi, mac: parseMac("dc:a6:32:00:00:01"), archCodes: [0] },
      want: ["raspberry-pi"],
    },
    {
      name: "a Pi by its maker's newest address",
      traits: { vendorClass: pi, mac: parseMac("88:a2:9e:00:00:01"), archCodes: [0] },
      want: ["raspberry-pi"],
    },
    {
      name: "a Pi by its UUID",
      traits: { vendorClass: pi, uuidText: "RPi4abc" },
      want: ["raspberry-pi"],
    },
    { name: "a Pi by architecture 41", traits: { archCodes: [0x29] }, want: ["raspberry-pi"] },
    {
      name: "no Pi in a UEFI that runs on one",
      traits: {
        vendorClass: "PXEClient:Arch:00011:UNDI:003000",
        mac: parseMac("dc:a6:32:00:00:01"),
      },
      want: [],
    },
    { name: "no Pi in a BIOS", traits: { vendorClass: pi, archCodes: [0] }, want: [] },
    { name: "U-Boot by option 60", traits: { vendorClass: "U-Boot.armv8" }, want: ["u-boot"] },
    { name: "U-Boot by architecture 22", traits: { archCodes: [0x16] }, want: ["u-boot"] },
    { name: "Dell's UEFI", traits: { uuidText: "DELLx", archCodes: [7] }, want: ["dell-efi"] },
    { name: "not Dell's BIOS", traits: { uuidText: "DELLx", archCodes: [0] }, want: [] },
  ];
  it.each(rows)("tells $name", ({ traits: parts, want }) => {
    expect(quirksOf(traits(parts)).names).toEqual(want);
  });

  it("takes an operator's word over the table's", () => {
    const override = { force: ["no-option-60"], forbid: ["form-a-only"] } as const;
    const { names, effects, sentences } = quirksOf(traits({ vendorClass: "U-Boot" }), override);
    expect([names, [...effects]]).toEqual([["dhcp.quirks"], ["no-option-60"]]);
    expect(sentences).toEqual(["dhcp.quirks forces no-option-60"]);
  });

  it("keeps a row whose other effects stay", () => {
    const forbid = { force: [], forbid: ["provisional-offer"] } as const;
    const { names, effects } = quirksOf(traits({ archCodes: [0x29] }), forbid);
    expect([names, [...effects]]).toEqual([["raspberry-pi"], ["raspberry-pi-menu"]]);
  });

  it("does not force what is forbidden too", () => {
    const both = { force: ["form-b-first"], forbid: ["form-b-first"] } as const;
    expect(quirksOf(traits({}), both).names).toEqual([]);
  });
});

describe("the table of quirks", () => {
  it("names each row once, with a source and effects that are explained", () => {
    expect(new Set(Quirks.map(({ name }) => name)).size).toBe(Quirks.length);
    for (const { source, sentence, effects } of Quirks) {
      expect([source, sentence, effects].every((one) => one.length > 0)).toBe(true);
    }
    const used = new Set(Quirks.flatMap(({ effects }) => effects));
    expect([...used].sort()).toEqual(Object.keys(QuirkEffects).sort());
  });

  it("lets operators set exactly what DHCP does", () => {
    const byDhcp = Object.entries(QuirkEffects).filter(([, text]) => text.startsWith("DHCP:"));
    expect(byDhcp.map(([name]) => name)).toEqual([...DhcpEffects]);
  });
});

describe("docs/firmware.md", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/firmware.md"), "utf8");

  it.each([...Quirks])("tells of $name with its effects and source", (quirk) => {
    const { name, sentence, effects, source } = quirk;
    const words = effects.map((effect) => `\`${effect}\``).join(" ");
    expect(page).toContain(`| \`${name}\` | ${sentence} | ${words} |`);
    expect(page).toContain(`| ${source} |`);
  });

  it.each(Object.entries(QuirkEffects))("says what %s does", (name, text) => {
    expect(page).toContain(`| \`${name}\` | ${text} |`);
  });

  const refusals = Architectures.flatMap((arch) => explainRefusal(arch) ?? []);
  it.each([...new Set(refusals)])("says of a machine: %s", (refusal) => {
    expect(page).toContain(`| ${refusal} |`);
  });
});

describe("traitsOfMachine", () => {
  it("reads the maker out of a printed UUID", () => {
    const arch = architectureOf(7);
    const uuid = parseUuid("4c4c4544-0051-3610-8052-b4c04f4d3732");
    const shown = traitsOfMachine({ uuid, ...(arch && { arch }), labels: {} });
    expect(isQuirk("dell-efi", shown)).toBe(true);
    expect(isQuirk("dell-efi", traitsOfMachine({ labels: {} }))).toBe(false);
  });
});
