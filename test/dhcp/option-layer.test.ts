import { describe, expect, it } from "vitest";
import { type OptionTexts, readOptionLayer, ruleOf } from "../../src/dhcp/option-layer.ts";

const bytes = (texts: OptionTexts, code: number) => {
  const rule = readOptionLayer(texts).get(code);
  return rule?.kind === "value" ? Buffer.from(rule.bytes).toString("hex") : rule?.kind;
};

describe("readOptionLayer", () => {
  it("takes a name, a number, and parts of 43 and 125", () => {
    expect(bytes({ mtu: 1400 }, 26)).toBe("0578");
    expect(bytes({ "26": 1400 }, 26)).toBe("0578");
    expect(bytes({ "43.1": "hex:0a", "43.66": "text:x" }, 43)).toBe("01010a420178");
    // RFC 3925 §4: 42623 is ONIE's enterprise number
    expect(bytes({ "125.42623.1": "text:u", "125.9.2": "u8:7" }, 125)).toBe(
      "0000a67f03010175" + "0000000903020107",
    );
  });

  it("knows what is always sent, and what never", () => {
    const layer = readOptionLayer({ ntp: { always: "10.0.0.1" }, mtu: 1400, wpad: "none" });
    expect(layer.get(42)).toMatchObject({ always: true });
    expect(layer.get(26)).toMatchObject({ always: false });
    expect(layer.get(252)).toEqual({ kind: "none" });
  });

  const refused: { texts: OptionTexts; words: string }[] = [
    {
      texts: { npt: "10.0.0.1" },
      words: "option npt: there is no option of that name; give its number",
    },
    {
      texts: { "51": 3600 },
      words: "option 51: it is not to be set: set leaseTimes or dhcp.lease",
    },
    { texts: { "300": "hex:00" }, words: "want a number from 1 to 254, got 300" },
    { texts: { "43.1.2": "hex:00" }, words: "want 43.N or 125.ENTERPRISE.N" },
    { texts: { "43.255": "hex:00" }, words: "want 43.N or 125.ENTERPRISE.N" },
    { texts: { "42.1": "hex:00" }, words: "want 43.N or 125.ENTERPRISE.N" },
    { texts: { ntp: "10.0.0.1", "42": "10.0.0.2" }, words: "it is given twice; keep one" },
    { texts: { "43": "hex:0100", "43.2": "hex:00" }, words: "give it whole or by its parts" },
    { texts: { "43.1": `text:${"x".repeat(256)}` }, words: "want at most 255 bytes" },
    {
      texts: { "boot-file": "x".repeat(128) },
      words: "option boot-file: want at most 127 bytes, got 128",
    },
    { texts: { mtu: "big" }, words: "option mtu: want a whole number" },
  ];
  it.each(refused)("refuses $texts", ({ texts, words }) => {
    expect(() => readOptionLayer(texts)).toThrow(words);
  });
});

it("lets the first layer that speaks of an option say what it is", () => {
  const [heavy, light] = [{ mtu: "none" }, { mtu: 1400, ntp: "10.0.0.1" }].map(readOptionLayer);
  const layers = [heavy, light].filter((layer) => layer !== undefined);
  expect(ruleOf(26, layers)).toEqual({ kind: "none" });
  expect(ruleOf(42, layers)).toMatchObject({ kind: "value" });
  expect(ruleOf(3, layers)).toBeUndefined();
});
