import { describe, expect, it } from "vitest";
import {
  hexOf,
  isIpv4Text,
  labelOf,
  leftOut,
  looseMac,
} from "../../../src/dhcp/reservation-import/found.ts";

describe("words of other servers' files", () => {
  it.each([
    ["0:1b:2:3:4:5", "00:1b:02:03:04:05"],
    ["00-1B-02-03-04-05", "00:1b:02:03:04:05"],
    ["00:1b:02:03:04", undefined],
    ["00:1b:02:03:04:*", undefined],
  ])("%s as a MAC address: %s", (text, want) => expect(looseMac(text)).toBe(want));

  it.each([
    ["Node1.lab.lan", "node1"],
    ["node1-", undefined],
    ["a_b", undefined],
    ["", undefined],
    ["a".repeat(64), undefined],
  ])("%s as a host name: %s", (text, want) => expect(labelOf(text)).toBe(want));

  it.each([
    ["10.77.0.9", true],
    ["10.77.0.256", false],
    ["10.77.9", false],
  ])("%s as an address: %s", (text, want) => expect(isIpv4Text(text)).toBe(want));

  it.each([
    ["1:AA", "01aa"],
    ["0x01AA", "01aa"],
    ["'a b'", "612062"],
    ["port", "706f7274"],
    ["", undefined],
  ])("%s as bytes: %s", (text, want) => expect(hexOf(text)).toBe(want));

  it("are cut where they are long", () => {
    expect(leftOut(` a\n b${"c".repeat(100)}`, "option").text).toBe(`a b${"c".repeat(76)}…`);
  });
});
