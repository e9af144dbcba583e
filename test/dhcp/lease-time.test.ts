import { describe, expect, it } from "vitest";
import { isRandomMac, leaseSecondsFor } from "../../src/dhcp/lease-time.ts";
import type { LeaseTimes } from "../../src/dhcp/settings.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { ClientOptions, requestOf } from "../support/dhcp-message.ts";
import { clientContextOf, scope } from "../support/dhcp-site.ts";

const random = "da:a1:19:00:00:01";
const server = { leaseSeconds: 1000, bootLeaseSeconds: 100, randomLeaseSeconds: 500 };

describe("leaseSecondsFor", () => {
  const reserved = { reservedLeaseSeconds: 2000 };
  const times: LeaseTimes = { system: 11, boot: 12, reserved: 13, random: 10 };
  const known = [{ mac: parseMac("00:16:3e:00:00:01"), hostname: "a" }];
  const rows = [
    { name: "a system", send: {}, want: 1000 },
    { name: "firmware", send: { options: ClientOptions.efi }, want: 100 },
    { name: "iPXE", send: { options: ClientOptions.ipxe }, want: 100 },
    { name: "a random address", send: { mac: random }, want: 500 },
    {
      name: "a random address's firmware",
      send: { mac: random, options: ClientOptions.efi },
      want: 100,
    },
    { name: "a reservation", send: {}, settings: { reservations: known }, want: 1000 },
    {
      name: "a reservation with its own",
      send: {},
      settings: { reservations: known, ...reserved },
      want: 2000,
    },
    { name: "a subnet's system", send: {}, times, want: 11 },
    { name: "a subnet's firmware", send: { options: ClientOptions.efi }, times, want: 12 },
    {
      name: "a subnet's reservation",
      send: {},
      settings: { reservations: known },
      times,
      want: 13,
    },
    { name: "a subnet's random address", send: { mac: random }, times, want: 10 },
    {
      name: "a class",
      send: {},
      settings: { classes: [{ name: "c", leaseSeconds: 7 }] },
      times,
      want: 7,
    },
  ];
  it.each(rows)("$name: $want s", ({ send, settings, times: own, want }) => {
    const request = requestOf({ mac: "00:16:3e:00:00:01", ...send });
    const scopes = [{ ...scope, ...(own && { leaseTimes: own }) }];
    const context = clientContextOf(request, { settings: { ...server, ...settings, scopes } });
    expect(leaseSecondsFor(request, context)).toBe(want);
  });
});

it.each([
  { mac: random, want: true },
  { mac: "02:00:00:00:00:01", want: true },
  { mac: "00:16:3e:00:00:01", want: false },
  { mac: "52:54:00:00:00:01", want: false }, // QEMU
  { mac: "02:42:ac:11:00:02", want: false }, // Docker
])("$mac may be another tomorrow: $want", ({ mac, want }) => {
  expect(isRandomMac(parseMac(mac))).toBe(want);
});
