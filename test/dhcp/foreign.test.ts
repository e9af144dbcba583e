import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addForeign,
  addressServers,
  type ForeignServer,
  foreignServersMax,
  readForeign,
} from "../../src/dhcp/foreign.ts";
import { OptionCode } from "../../src/dhcp/options.ts";
import { formatDhcp, parseDhcp } from "../../src/dhcp/packet.ts";
import { addToIpv4 } from "../../src/wire/ipv4.ts";
import { type MessageParts, messageOf, octets } from "../support/dhcp-message.ts";
import { ip } from "../support/dhcp-site.ts";

const router = ip("10.77.0.254");
const reply = (parts: MessageParts) => messageOf({ ...parts, header: { op: 2, ...parts.header } });

describe("readForeign", () => {
  it("reads all that an address server says", () => {
    const message = reply({
      ...{ type: "offer", serverId: "10.77.0.254", giaddr: "10.78.0.1" },
      header: { yiaddr: ip("10.77.0.50"), siaddr: ip("10.77.0.9"), file: "router.efi" },
      options: [
        [OptionCode.leaseTime, Buffer.of(0, 0, 2, 88)],
        [OptionCode.router, octets("10.77.0.254")],
        [OptionCode.dnsServers, Buffer.concat([octets("10.77.0.8"), octets("9.9.9.9")])],
        [OptionCode.vendorClass, "PXEClient"],
      ],
    });
    expect(readForeign(message, ip("10.77.0.253"))).toEqual({
      ...{ serverId: router, address: ip("10.77.0.253"), yiaddr: ip("10.77.0.50") },
      ...{ leaseSeconds: 600, router, dns: [ip("10.77.0.8"), ip("9.9.9.9")] },
      ...{ vendorClass60: "PXEClient", bootFile: "router.efi", nextServer: ip("10.77.0.9") },
      ...{ isProxy: false, relayed: true },
    });
  });

  it.each<{ name: string; parts: MessageParts; want: Partial<ForeignServer> | undefined }>([
    {
      name: "an OFFER without an address is a proxy's",
      parts: { type: "offer", serverId: "10.77.0.9" },
      want: { serverId: ip("10.77.0.9"), isProxy: true },
    },
    {
      name: "the sender names a server that does not",
      parts: { type: "ack", header: { yiaddr: ip("10.77.0.50") } },
      want: { serverId: router, isProxy: false },
    },
    {
      name: "option 67 names the file where the field does not",
      parts: { type: "offer", options: [[OptionCode.bootFile, "a.efi\0junk"]] },
      want: { bootFile: "a.efi" },
    },
    {
      name: "what would write on a terminal is a point",
      parts: { type: "offer", options: [[OptionCode.vendorClass, "PXE\x1b[2J"]] },
      want: { vendorClass60: "PXE.[2J" },
    },
    { name: "a NAK tells of nobody's addresses", parts: { type: "nak" }, want: undefined },
    { name: "a client is no server", parts: { type: "offer", header: { op: 1 } }, want: undefined },
    { name: "a request is no answer", parts: { type: "request" }, want: undefined },
  ])("$name", ({ parts, want }) => {
    const found = readForeign(reply(parts), router);
    if (want === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(want);
  });

  it("takes any message that parses", () => {
    const option = fc.tuple(fc.integer({ min: 1, max: 254 }), fc.uint8Array({ maxLength: 40 }));
    fc.assert(
      fc.property(fc.array(option, { maxLength: 8 }), (options) => {
        const bytes = formatDhcp(reply({ type: "offer", options }), 1472);
        let message: ReturnType<typeof parseDhcp>;
        try {
          message = parseDhcp(bytes);
        } catch {
          return; // a bad option 52 is the parser's to refuse
        }
        readForeign(message, router);
      }),
    );
  });
});

const server = (parts: Partial<ForeignServer> = {}): ForeignServer => ({
  ...{ serverId: router, address: router, dns: [], isProxy: false, relayed: false },
  ...parts,
});

describe("addForeign", () => {
  it("puts a server together from all its answers", () => {
    const plain = server({ yiaddr: ip("10.77.0.50"), dns: [router] });
    const boot = server({ isProxy: true, vendorClass60: "PXEClient" });
    const [both, ...others] = addForeign(addForeign([], plain), boot);
    expect(both).toMatchObject({ yiaddr: ip("10.77.0.50"), dns: [router], isProxy: false });
    expect(both?.vendorClass60).toBe("PXEClient");
    expect(others).toEqual([]);
  });

  it("keeps no more servers than it may, whoever makes them up", () => {
    let servers: readonly ForeignServer[] = [];
    for (let at = 0; at < 100; at += 1) {
      servers = addForeign(servers, server({ serverId: addToIpv4(router, at) }));
    }
    expect(servers).toHaveLength(foreignServersMax);
  });
});

describe("addressServers", () => {
  it("leaves out those that only add boot answers", () => {
    const both = [server(), server({ isProxy: true })];
    expect(addressServers(both)).toEqual([both[0]]);
  });
});
