import { describe, expect, it } from "vitest";
import { guessFormat, parseImport } from "../../../src/dhcp/reservation-import/format.ts";
import { tell } from "../../support/import-rows.ts";

describe("whose file it is", () => {
  it.each([
    ["# a comment\ndhcp-host=52:54:00:77:00:10,a", "dnsmasq"],
    ["52:54:00:77:00:10,a", "dnsmasq"],
    ["", "dnsmasq"],
    ["# a comment\nauthoritative;\nhost a {\nhardware ethernet 52:54:00:77:00:10;\n}", "isc"],
    ['// a comment\n# another\n{ "Dhcp4": {} }', "kea"],
  ])("%j: %s", (text, want) => expect(guessFormat(text)).toBe(want));
});

it.each([
  ["dnsmasq", "dhcp-host=52:54:00:77:00:10,a"],
  ["isc", "host a { hardware ethernet 52:54:00:77:00:10; }"],
  ["kea", '{"Dhcp4":{"reservations":[{"hw-address":"52:54:00:77:00:10","hostname":"a"}]}}'],
] as const)("%s is read by its own words", (format, text) => {
  expect(parseImport(text, format).map(tell)).toEqual(["1 52:54:00:77:00:10 - a"]);
});
