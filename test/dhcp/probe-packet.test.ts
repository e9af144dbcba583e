import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OptionCode } from "../../src/dhcp/options.ts";
import { broadcastFlag, formatDhcp, parseDhcp } from "../../src/dhcp/packet.ts";
import {
  formBootServerAsk,
  formProbe,
  type ProbeParts,
  probeMac,
  readProbe,
} from "../../src/dhcp/probe-packet.ts";
import { readRequest } from "../../src/dhcp/request.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { ClientOptions, messageOf } from "../support/dhcp-message.ts";

const sender = parseIpv4("10.77.0.1");
const base: ProbeParts = {
  ...{ kind: "watch", as: "system", xid: 7, sender },
  mac: parseMac("02:01:02:03:04:05"),
};

describe("formProbe", () => {
  it("asks by broadcast, for no address in particular, and is never a REQUEST", () => {
    const { flags, ciaddr, options } = formProbe(base);
    expect([flags, ciaddr, options.get(OptionCode.messageType)]).toEqual([
      broadcastFlag,
      0,
      Buffer.of(1),
    ]);
    expect(options.has(OptionCode.requestedAddress)).toBe(false);
  });

  it("says what x64 UEFI says when it asks as firmware", () => {
    const result = readRequest(formProbe({ ...base, as: "firmware" }));
    expect(result).toMatchObject({
      request: { client: { clientClass: "pxe", arch: { code: 7 } } },
    });
    expect(readRequest(formProbe(base))).toMatchObject({
      request: { client: { clientClass: "none" } },
    });
  });

  it("is read back from the wire", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("watch", "look"),
        fc.constantFrom("system", "firmware"),
        fc.integer({ min: 0, max: 0xffff_ffff }),
        (kind, as, xid) => {
          const bytes = formatDhcp(formProbe({ ...base, kind, as, xid } as const));
          expect(readProbe(parseDhcp(bytes))).toEqual({ kind, from: sender, xid });
        },
      ),
    );
  });
});

describe("readProbe", () => {
  it.each(Object.entries(ClientOptions))("takes no %s client for a probe", (_name, options) => {
    expect(readProbe(messageOf({ options }))).toBeUndefined();
  });

  it.each(["\x01RT\0w\0\x10", "\0", "\0kindling", "\0kindling watch \x0aM\0"])(
    "takes no client identifier %j for one",
    (id) => {
      expect(readProbe(messageOf({ options: [[OptionCode.clientId, id]] }))).toBeUndefined();
    },
  );
});

describe("formBootServerAsk", () => {
  it("asks as EDK2 does: with its address, without options 50 and 54", () => {
    const { ciaddr, options } = formBootServerAsk(base);
    expect(ciaddr).toBe(sender);
    expect([...options.keys()]).not.toContain(OptionCode.serverId);
    expect([...options.keys()]).not.toContain(OptionCode.requestedAddress);
    expect(readProbe(formBootServerAsk(base))).toBeUndefined();
  });
});

describe("probeMac", () => {
  it("is locally administered and unicast, whatever the bytes", () => {
    expect(probeMac(Buffer.of(255, 0, 1, 2, 3))).toBe("02:ff:00:01:02:03");
  });
});
