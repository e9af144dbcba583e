import { describe, expect, it } from "vitest";
import { MessageType, OptionCode } from "../../src/dhcp/options.ts";
import { parseSubnet } from "../../src/wire/subnet.ts";
import { ClientOptions, type MessageParts, octets } from "../support/dhcp-message.ts";
import { ip, scope } from "../support/dhcp-site.ts";

import {
  decide,
  lease,
  option,
  renewing,
  replyOf,
  us,
  type World,
  words,
} from "../support/dhcp-world.ts";

describe("the address server's replies", () => {
  it("keep the client's order of options, but the mask first and the router always", () => {
    const list = Buffer.of(15, 6, 1);
    const decision = decide({ options: [[OptionCode.parameterList, list]] });
    expect([...replyOf(decision).message.options.keys()]).toEqual([
      53, 54, 51, 58, 59, 1, 15, 6, 3,
    ]);
  });

  it("echo 61 (RFC 6842) and 82 (RFC 3046)", () => {
    const id = Buffer.of(1, 2, 3);
    const relayAgent = Buffer.of(1, 2, 0, 7);
    const decision = decide({
      options: [
        [61, id],
        [82, relayAgent],
      ],
    });
    expect(option(decision, 61)).toEqual(id);
    expect(option(decision, 82)).toEqual(relayAgent);
  });

  it("carry boot fields for firmware, in full mode with 43 so that nobody asks on 4011", () => {
    const decision = decide({ options: ClientOptions.efi });
    expect(replyOf(decision).message).toMatchObject({
      siaddr: ip(us),
      sname: us,
      file: "snponly.efi",
    });
    expect(option(decision, 60)?.toString()).toBe("PXEClient");
    expect(option(decision, 43)).toEqual(Buffer.of(6, 1, 8, 255));
    expect(option(decision, 66)?.toString()).toBe(`${us}\0`);
    expect(option(decision, 67)?.toString()).toBe("snponly.efi\0");
    expect(option(decision, 175)).toBeUndefined();
  });

  it("tell iPXE its script and that there is no proxyDHCP server", () => {
    const decision = decide({ options: ClientOptions.ipxe });
    expect(option(decision, 67)?.toString()).toBe("http://10.77.0.1:8080/boot.ipxe\0");
    expect(option(decision, 175)).toEqual(Buffer.of(0xb0, 1, 1));
  });

  it("carry nothing of booting for a system", () => {
    const decision = decide({ options: ClientOptions.system });
    expect(replyOf(decision).message).toMatchObject({ siaddr: 0, file: "", sname: "" });
    for (const code of [43, 60, 66, 67, 175]) expect(option(decision, code)).toBeUndefined();
  });
});

describe("a relay", () => {
  const far = {
    ...scope,
    subnet: parseSubnet("10.88.0.0/24"),
    router: ip("10.88.0.1"),
    pools: [{ first: ip("10.88.0.10"), last: ip("10.88.0.20") }],
  };
  const world: World = { settings: { scopes: [scope, far] } };

  it("is answered on its server port, the flag as it came, with an address of its link", () => {
    const { message, to } = replyOf(decide({ giaddr: "10.88.0.1" }, world));
    expect(to).toEqual({ address: ip("10.88.0.1"), port: "server" });
    expect(message.flags).toBe(0);
    expect(message.yiaddr >>> 8).toBe(ip("10.88.0.0") >>> 8);
  });

  it("may name the link (RFC 3527) and the server address (RFC 5107)", () => {
    const relay = Buffer.concat([
      Buffer.of(5, 4),
      octets("10.88.0.0"),
      Buffer.of(11, 4),
      octets("10.88.0.1"),
    ]);
    const decision = decide({ giaddr: "172.16.0.1", options: [[82, relay]] }, world);
    expect(replyOf(decision).message.yiaddr >>> 8).toBe(ip("10.88.0.0") >>> 8);
    expect(option(decision, 54)).toEqual(octets("10.88.0.1"));
  });

  it("broadcasts a NAK, as its flag then says (§4.3.2)", () => {
    const send: MessageParts = { type: "request", requested: "10.77.0.120", giaddr: "10.88.0.1" };
    const { message, to } = replyOf(decide(send, world));
    expect(message.flags).toBe(0x8000);
    expect(to.address).toBe(ip("10.88.0.1"));
  });

  it("is not there when its client renews, and the lease tells the link", () => {
    const leases = [lease({ at: "10.88.0.10", relayed: true })];
    const decision = decide(renewing("10.88.0.10"), { ...world, leases });
    expect(words(decision)).toBe("ack lease-renewed");
    expect(MessageType.ack).toBe(option(decision, 53)?.[0]);
  });
});
