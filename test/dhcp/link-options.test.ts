import { describe, expect, it } from "vitest";
import { linkOptions } from "../../src/dhcp/link-options.ts";
import { readOptionLayer } from "../../src/dhcp/option-layer.ts";
import type { DhcpRequest } from "../../src/dhcp/request.ts";
import type { DhcpSettings } from "../../src/dhcp/settings.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { clientMac, requestOf } from "../support/dhcp-message.ts";
import { clientContextOf, ip, scope } from "../support/dhcp-site.ts";

it("tells a reserved machine its name, and all it knows where the client lists nothing", () => {
  const address = ip("10.77.0.120");
  const reservations = [{ address, mac: parseMac(clientMac), hostname: "node-1" }];
  const request = requestOf({});
  const options = linkOptions(request, clientContextOf(request, { settings: { reservations } }));
  expect(options.map(([code]) => code)).toEqual([1, 3, 6, 12, 15, 28]);
  expect(Buffer.from(options[3]?.[1] ?? []).toString()).toBe("node-1");
});

describe("operators' options", () => {
  const list = (...codes: number[]) => requestOf({ options: [[55, Buffer.from(codes)]] });
  const codesOf = (request: DhcpRequest, settings: Partial<DhcpSettings>) =>
    linkOptions(request, clientContextOf(request, { settings })).map(([code]) => code);
  const hexOf = (code: number, request: DhcpRequest, settings: Partial<DhcpSettings>) => {
    const options = new Map(linkOptions(request, clientContextOf(request, { settings })));
    const value = options.get(code);
    return value && Buffer.from(value).toString("hex");
  };

  it("are sent where the client lists them, in its order, or always where so set", () => {
    const options = readOptionLayer({ ntp: "10.0.0.1", mtu: 1400, wpad: { always: "x" } });
    expect(codesOf(list(26, 1, 42), { options })).toEqual([1, 26, 42, 3, 252]);
    expect(codesOf(list(1), { options })).toEqual([1, 3, 252]);
    expect(codesOf(requestOf({}), { options })).toEqual([1, 3, 6, 15, 28, 42, 26, 252]);
  });

  it("count by reservation, then class, then subnet, then server; none silences", () => {
    const layer = (mtu: string) => readOptionLayer({ mtu });
    const server = { options: layer("u16:1") };
    const subnet = { ...server, scopes: [{ ...scope, options: layer("u16:2") }] };
    const classed = { ...subnet, classes: [{ name: "a", options: layer("u16:3") }] };
    const mac = parseMac(clientMac);
    const reserved = { ...classed, reservations: [{ mac, options: layer("u16:4") }] };
    const cases = [server, subnet, classed, reserved];
    expect(cases.map((settings) => hexOf(26, list(26), settings))).toEqual([
      "0001",
      "0002",
      "0003",
      "0004",
    ]);
    const silent = { ...server, scopes: [{ ...scope, options: layer("none") }] };
    expect(hexOf(26, list(26), silent)).toBeUndefined();
    const unrouted = { options: readOptionLayer({ router: "none" }) };
    expect(codesOf(list(3, 6), unrouted)).toEqual([1, 6]);
  });

  it("RFC 8925 §3.3: 108, and a boot loader's own, to nobody who does not list them", () => {
    const texts = { "ipv6-only": { always: 300 }, "pxelinux-config": "pxelinux.cfg/default" };
    const options = readOptionLayer(texts);
    expect(codesOf(list(1), { options })).toEqual([1, 3]);
    expect(codesOf(requestOf({}), { options })).toEqual([1, 3, 6, 15, 28]);
    expect(codesOf(list(108, 209), { options })).toEqual([1, 108, 209, 3]);
  });

  it("RFC 3442: with 121 there is no 3 and no 33, and the default route is in it", () => {
    const options = readOptionLayer({
      routes: "10.0.0.0/8 via 10.77.0.9",
      "static-routes": "10.0.0.5 via 10.77.0.9",
    });
    expect(codesOf(list(1, 3, 33, 121), { options })).toEqual([1, 121]);
    const whole = "080a0a4d0009" + "000a4d00fe";
    expect(hexOf(121, list(121), { options })).toBe(whole);
    expect(codesOf(list(1, 33), { options })).toEqual([1, 33, 3]);
    expect(hexOf(249, list(249), { options })).toBe(whole);
  });
});
