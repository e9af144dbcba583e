import { describe, expect, it } from "vitest";
import { type BootMenu, formatMenu, isOfferedType } from "../../src/dhcp/boot-menu.ts";
import { readSubOptions } from "../../src/dhcp/options.ts";
import { ip, site } from "../support/dhcp-site.ts";

const menu: BootMenu = {
  prompt: "Boot?",
  timeout: 5,
  broadcast: false,
  items: [
    { text: "Disk", boot: "local" },
    { text: "Install", boot: "loader" },
    { text: "Lab", boot: ip("10.77.0.9") },
  ],
};

const part = (code: number, of: BootMenu = menu) =>
  Buffer.from(readSubOptions(formatMenu(of, site.server)).get(code) ?? []).toString("hex");

describe("formatMenu", () => {
  it("lists every item in order, the disk as type 0 and the rest by types of our own", () => {
    expect(part(9)).toBe("0000044469736b" + "800107496e7374616c6c" + "8002034c6162");
  });

  it("names a server for each item but the disk's: us for the loader", () => {
    expect(part(8)).toBe("8001010a4d0001" + "8002010a4d0009");
  });

  it("prompts for as long as it is told", () => {
    expect(part(10)).toBe(`05${Buffer.from("Boot?").toString("hex")}`);
  });

  it("keeps clients to the listed servers, by unicast unless broadcast is allowed", () => {
    expect([part(6), part(6, { ...menu, broadcast: true })]).toEqual(["07", "06"]);
  });
});

describe("isOfferedType", () => {
  const rows = [
    { name: "the loader's item", type: 0x8001, of: menu, want: true },
    { name: "another server's item", type: 0x8002, of: menu, want: false },
    { name: "the disk, which nobody serves", type: 0, of: menu, want: false },
    { name: "an item past the end", type: 0x8003, of: menu, want: false },
    { name: "type 0 where there is no menu", type: 0, of: undefined, want: true },
    { name: "any other where there is no menu", type: 0x8000, of: undefined, want: false },
  ];
  it.each(rows)("says $want to $name", ({ type, of, want }) => {
    expect(isOfferedType(type, of)).toBe(want);
  });
});
