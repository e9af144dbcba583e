import { describe, expect, it } from "vitest";
import {
  decideBootServer,
  decideProxy,
  type ProxyContext,
  type ProxyDecision,
} from "../../src/dhcp/decide-proxy.ts";
import { OptionCode } from "../../src/dhcp/options.ts";
import { formatDhcp, headerBytes, parseDhcp } from "../../src/dhcp/packet.ts";
import { ProxyMemory } from "../../src/dhcp/proxy-memory.ts";
import { parseMac } from "../../src/wire/mac.ts";
import {
  ClientOptions,
  clientMac,
  type MessageParts,
  octets,
  requestOf,
} from "../support/dhcp-message.ts";
import { ip, noon, site } from "../support/dhcp-site.ts";

const context: ProxyContext = { site, disabled: new Set(), answer: "auto", now: noon };

function replyOf(decision: ProxyDecision) {
  if (decision.kind !== "reply") throw new Error(`no reply: ${decision.reason}`);
  return decision.reply;
}

const option = (decision: ProxyDecision, code: number) => {
  const value = replyOf(decision).message.options.get(code);
  return value && Buffer.from(value).toString("latin1");
};

const codes = (decision: ProxyDecision) => [...replyOf(decision).message.options.keys()];
const broadcast = { address: ip("255.255.255.255"), port: "client" };

describe("decideProxy, a DISCOVER on 67", () => {
  it("P1: answers BIOS with form A, byte for byte", () => {
    const { message } = replyOf(decideProxy(requestOf({ options: ClientOptions.bios }), context));
    const text = (words: string) => Buffer.from(words).toString("hex");
    const sent = Buffer.from(formatDhcp(message)).toString("hex");
    const chaddr = `525400770010${"00".repeat(10)}`;
    const header = `02010600123456780000800000000000000000000a4d000100000000${chaddr}`;
    const sname = text("10.77.0.1").padEnd(128, "0");
    const file = text("undionly.kpxe").padEnd(256, "0");
    const options = [
      "63825363",
      "350102",
      "36040a4d0001",
      `3c09${text("PXEClient")}`,
      "2b04060108ff",
      `420a${text("10.77.0.1\0")}`,
      `430e${text("undionly.kpxe\0")}`,
      "ff",
    ].join("");
    expect(sent).toBe((header + sname + file + options).padEnd(600, "0"));
  });

  const chosen = [
    { name: "BIOS", options: ClientOptions.bios, answer: "boot-server", want: "form-b" },
    { name: "UEFI", options: ClientOptions.efi, answer: "boot-server", want: "form-b" },
    {
      name: "iPXE, which has its own way,",
      options: ClientOptions.ipxe,
      answer: "boot-server",
      want: "form-a",
    },
    { name: "UEFI that comes back", options: ClientOptions.efi, answer: "direct", want: "form-a" },
  ] as const;
  it.each(chosen)("answers $name as the operator chose: $answer", ({ options, answer, want }) => {
    // Each row stands where "auto" would say the other form: a first DISCOVER, or one that comes back.
    const cameBack = { attempt: { form: "direct", at: noon - 1000 } } as const;
    const before = answer === "direct" ? cameBack : {};
    const decision = decideProxy(requestOf({ options }), { ...context, answer, ...before });
    expect(decision.reason).toBe(want);
  });

  it("P2: answers UEFI with A, with B when it comes again within 60 s, later with A", () => {
    const memory = new ProxyMemory();
    const request = requestOf({ options: ClientOptions.efi });
    const discover = (now: number) => {
      const decision = decideProxy(request, {
        ...context,
        now,
        attempt: memory.attemptOf(request.key),
      });
      if (decision.change) memory.apply(decision.change);
      return decision;
    };
    expect(discover(noon).reason).toBe("form-a");
    const second = discover(noon + 4_000);
    expect(second.reason).toBe("form-b");
    expect(codes(second)).toEqual([53, 54, 60, 97]);
    expect(replyOf(second).message).toMatchObject({ file: "", siaddr: site.server });
    expect(discover(noon + 16_000).reason).toBe("form-b");
    expect(discover(noon + 77_000).reason).toBe("form-a");
  });

  const goesOn = [
    { name: "a REQUEST to the address server", decide: decideProxy },
    { name: "a request on 4011", decide: decideBootServer },
  ];
  it.each(goesOn)("P2: forgets the first answer after $name", ({ decide }) => {
    const attempt = { form: "direct", at: noon } as const;
    const request = requestOf({
      type: "request",
      ciaddr: "10.77.0.50",
      options: ClientOptions.efi,
    });
    expect(decide(request, { ...context, attempt }).change).toEqual({
      kind: "settled",
      key: request.key,
    });
  });

  it.each(["bios", "ipxe", "http"] as const)(
    "P2: answers %s with A however often it comes",
    (kind) => {
      const attempt = { form: "direct", at: noon - 1 } as const;
      const decision = decideProxy(requestOf({ options: ClientOptions[kind] }), {
        ...context,
        attempt,
      });
      expect(decision.reason).toBe("form-a");
    },
  );

  const silent: { name: string; send: MessageParts; reason: string }[] = [
    { name: "P7: a system", send: { options: ClientOptions.system }, reason: "not-netboot" },
    {
      name: "a REQUEST",
      send: { type: "request", options: ClientOptions.efi },
      reason: "address-server",
    },
    {
      name: "an INFORM",
      send: { type: "inform", options: ClientOptions.efi },
      reason: "address-server",
    },
    {
      name: "a relay with our address",
      send: { giaddr: "10.77.0.1", options: ClientOptions.efi },
      reason: "relay-loop",
    },
    {
      name: "an Alpha",
      send: {
        options: [
          [60, "PXEClient"],
          [93, Buffer.of(0, 3)],
        ],
      },
      reason: "no-loader",
    },
    {
      name: "an unheard-of architecture",
      send: {
        options: [
          [60, "PXEClient"],
          [93, Buffer.of(9, 9)],
        ],
      },
      reason: "unknown-architecture",
    },
  ];
  it.each(silent)("stays silent at $name", ({ send, reason }) => {
    expect(decideProxy(requestOf(send), context)).toMatchObject({ kind: "ignore", reason });
  });

  const guid = `\0${"g".repeat(16)}`;
  const uuids = [
    { name: "absent", value: undefined, want: undefined },
    { name: "of type 0", value: guid, want: guid },
    { name: "of type 9", value: `\t${"g".repeat(16)}`, want: undefined },
    { name: "short", value: "\0ggg", want: undefined },
  ];
  it.each(uuids)("P8: answers, where 97 is $name", ({ value, want }) => {
    const options = [...ClientOptions.bios, ...(value ? [[97, value] as const] : [])];
    expect(option(decideProxy(requestOf({ options }), context), 97)).toBe(want);
  });

  const userClasses = ["iPXE", "\x04iPXE", "\x04iPXE\x03foo", "IPXE"];
  it.each(userClasses.map((sent) => ({ sent })))(
    "P9: takes the user class $sent for iPXE",
    ({ sent }) => {
      const options = [...ClientOptions.ipxe, [OptionCode.userClass, sent] as const];
      const decision = decideProxy(requestOf({ options }), context);
      expect(replyOf(decision).message.file).toBe("http://10.77.0.1:8080/boot.ipxe");
    },
  );

  it("P10: takes option 175 alone for iPXE", () => {
    const options = ClientOptions.ipxe.filter(([code]) => code !== OptionCode.userClass);
    const decision = decideProxy(requestOf({ options }), context);
    expect(option(decision, 67)).toBe("http://10.77.0.1:8080/boot.ipxe\0");
    expect(option(decision, 175)).toBeUndefined();
  });

  const files: { name: string; options: NonNullable<MessageParts["options"]>; want: string }[] = [
    {
      name: "P11: the first served of a list",
      options: [
        [60, "PXEClient"],
        [93, Buffer.of(0, 99, 0, 7)],
      ],
      want: "snponly.efi",
    },
    {
      name: "P12: the number in option 60",
      options: [[60, "PXEClient:Arch:00011:UNDI:003000"]],
      want: "snponly-arm64.efi",
    },
    {
      name: "P15: HTTP Boot's URL",
      options: ClientOptions.http,
      want: "http://10.77.0.1:8080/loaders/snponly.efi",
    },
    { name: "P20: U-Boot's file", options: ClientOptions.uBoot, want: "snponly-arm64.efi" },
    {
      name: "a whole loader for an iPXE that lacks HTTP",
      options: [...ClientOptions.bios, [77, "iPXE"]],
      want: "undionly.kpxe",
    },
  ];
  it.each(files)("names $name", ({ options, want }) => {
    const decision = decideProxy(requestOf({ options }), context);
    expect(replyOf(decision).message).toMatchObject({ file: want, siaddr: site.server, yiaddr: 0 });
    expect(option(decision, 67)).toBe(`${want}\0`);
    expect(replyOf(decision).to).toEqual(broadcast);
    expect(replyOf(decision).message.flags).toBe(0x8000);
  });

  it("P13: answers through a relay with its flag and its 82 as they came", () => {
    const relay = [82, Buffer.of(1, 2, 0, 7)] as const;
    const options = [...ClientOptions.efi, relay];
    const { message, to } = replyOf(
      decideProxy(requestOf({ giaddr: "10.88.0.1", options }), context),
    );
    expect(to).toEqual({ address: ip("10.88.0.1"), port: "server" });
    expect([message.flags, message.giaddr]).toEqual([0, ip("10.88.0.1")]);
    expect([...message.options.keys()].at(-1)).toBe(82);
    expect(Buffer.from(message.options.get(82) ?? [])).toEqual(relay[1]);
  });

  it("P14: sends 67 last, NUL-terminated, and the same name in the file field", () => {
    const { message } = replyOf(decideProxy(requestOf({ options: ClientOptions.efi }), context));
    const sent = Buffer.from(formatDhcp(message));
    const end = sent.lastIndexOf(0xff);
    expect(sent.subarray(end - 14, end).toString("latin1")).toBe("\x43\x0csnponly.efi\0");
    expect(parseDhcp(sent).file).toBe("snponly.efi");
  });

  it("P15: answers HTTP Boot with HTTPClient and no 43", () => {
    const decision = decideProxy(requestOf({ options: ClientOptions.http }), context);
    expect(option(decision, 60)).toBe("HTTPClient");
    expect(codes(decision)).toEqual([53, 54, 60, 67]);
  });

  it("P16: reads the marks of a client from overloaded fields", () => {
    const sent = Buffer.from(formatDhcp(requestOf({}).message));
    sent.write("350101340101ff", headerBytes, "hex");
    sent.write(`3c09${Buffer.from("PXEClient").toString("hex")}5d020000ff`, 108, "hex");
    const { options } = parseDhcp(sent);
    const decision = decideProxy(requestOf({ options: [...options] }), context);
    expect(replyOf(decision).message.file).toBe("undionly.kpxe");
  });

  it("P17: echoes hlen 16 and a GUID for chaddr", () => {
    const chaddr = Buffer.from("0f0e0d0c0b0a09080706050403020100", "hex");
    const send = { options: ClientOptions.efi, header: { hlen: 16, chaddr } };
    const { message } = replyOf(decideProxy(requestOf(send), context));
    expect(message.hlen).toBe(16);
    expect(Buffer.from(message.chaddr)).toEqual(chaddr);
  });

  it("P18: gives a disabled machine no answer on either port", () => {
    const disabled = new Set([parseMac(clientMac)]);
    const want = { kind: "ignore", reason: "machine-disabled" };
    const discover = requestOf({ options: ClientOptions.efi });
    const request = requestOf({
      type: "request",
      ciaddr: "10.77.0.50",
      options: ClientOptions.efi,
    });
    expect(decideProxy(discover, { ...context, disabled })).toEqual(want);
    expect(decideBootServer(request, { ...context, disabled })).toEqual(want);
  });
});

describe("decideBootServer, a request on 4011", () => {
  const ask = (parts: MessageParts): ProxyDecision =>
    decideBootServer(requestOf({ type: "request", options: ClientOptions.efi, ...parts }), context);

  const rows: { name: string; send: MessageParts; to: object }[] = [
    {
      name: "P3: EDK2, to its address and port",
      send: { ciaddr: "10.77.0.50" },
      to: { address: ip("10.77.0.50"), port: "same-as-sender" },
    },
    {
      name: "P4: iPXE, whose flag means nothing here",
      send: { ciaddr: "10.77.0.50", header: { flags: 0x8000 }, serverId: "10.77.0.1" },
      to: { address: ip("10.77.0.50"), port: "same-as-sender" },
    },
    { name: "P5: a client without an address, by broadcast", send: {}, to: broadcast },
    {
      name: "an INFORM",
      send: { type: "inform", ciaddr: "10.77.0.50" },
      to: { address: ip("10.77.0.50"), port: "same-as-sender" },
    },
  ];
  it.each(rows)("answers $name", ({ send, to }) => {
    const decision = ask(send);
    const { message, to: got } = replyOf(decision);
    expect(got).toEqual(to);
    expect(message).toMatchObject({ yiaddr: 0, siaddr: site.server, file: "snponly.efi" });
    expect(message.options.get(53)).toEqual(Buffer.of(5));
    expect(message.options.get(54)).toEqual(octets("10.77.0.1"));
  });

  const silent: { name: string; send: MessageParts; reason: string }[] = [
    {
      name: "P6: a request for another server",
      send: { serverId: "10.77.0.2" },
      reason: "other-server",
    },
    { name: "a DISCOVER", send: { type: "discover" }, reason: "not-for-boot-server" },
    { name: "a system", send: { options: [] }, reason: "not-netboot" },
    {
      name: "a boot item with credentials",
      send: { options: [...ClientOptions.efi, [43, Buffer.of(71, 4, 0x80, 1, 0x80, 0)]] },
      reason: "credentials-asked",
    },
  ];
  it.each(silent)("stays silent at $name", ({ send, reason }) => {
    expect(ask(send)).toEqual({ kind: "ignore", reason });
  });

  it("P22: echoes the boot item that was chosen", () => {
    const decision = ask({
      options: [...ClientOptions.efi, [43, Buffer.of(71, 4, 0x80, 1, 0, 2, 255)]],
    });
    expect(option(decision, 43)).toBe("\x47\x04\x80\x01\x00\x02\xff");
  });
});
