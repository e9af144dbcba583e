import { describe, expect, it } from "vitest";
import { OptionCode } from "../../src/dhcp/options.ts";
import { readArchCodes, readUserClasses } from "../../src/dhcp/pxe.ts";
import { ClientOptions, type MessageParts, requestOf } from "../support/dhcp-message.ts";

const identify = (options: MessageParts["options"], mac?: string) =>
  requestOf({ ...(options && { options }), ...(mac && { mac }) }).client;

const pxe = [OptionCode.vendorClass, "PXEClient:Arch:00000:UNDI:002001"] as const;

describe("identifyDhcp", () => {
  const classes = [
    { name: "BIOS firmware", options: ClientOptions.bios, want: "pxe" },
    { name: "UEFI firmware", options: ClientOptions.efi, want: "pxe" },
    { name: "UEFI HTTP Boot", options: ClientOptions.http, want: "http-boot" },
    { name: "iPXE by its raw user class", options: ClientOptions.ipxe, want: "ipxe" },
    { name: "U-Boot", options: ClientOptions.uBoot, want: "u-boot" },
    { name: "a system", options: ClientOptions.system, want: "none" },
    { name: "our iPXE", options: [pxe, [OptionCode.userClass, "kindling"]], want: "kindling-ipxe" },
    { name: "gPXE", options: [pxe, [OptionCode.userClass, "gPXE"]], want: "gpxe" },
    {
      name: "FlexBoot, by option 175 alone",
      options: [pxe, [OptionCode.ipxe, Buffer.of(0xeb, 3, 1, 0, 0)]],
      want: "ipxe",
    },
    {
      name: "a client with a 175 that holds no version",
      options: [pxe, [OptionCode.ipxe, Buffer.of(0x13, 1, 1)]],
      want: "pxe",
    },
  ] as const;
  it.each(classes)("sees $name", ({ options, want }) => {
    expect(identify(options).clientClass).toBe(want);
  });

  it("tells a Raspberry Pi, which claims to be an x86 BIOS, by its maker's address", () => {
    expect(identify(ClientOptions.bios, "dc:a6:32:00:00:01")).toMatchObject({
      clientClass: "raspberry-pi",
      arch: { code: 0x29 },
    });
  });

  it("reads iPXE's features from option 175", () => {
    expect(identify(ClientOptions.ipxe).stage).toEqual({
      kind: "ipxe",
      features: { http: true, https: false, bzimage: true, efi: true },
    });
  });

  const cards = [
    { name: "a PCI card", busId: "b105011af41000", nic: "1af4:1000" },
    { name: "no other bus", busId: "b105021af41000", nic: undefined },
    { name: "nothing from a short one", busId: "b103011af4", nic: undefined },
  ];
  it.each(cards)("reads $name from option 175", ({ busId, nic }) => {
    const value = Buffer.from(`eb03010000${busId}`, "hex");
    const { stage } = identify([pxe, [OptionCode.ipxe, value]]);
    expect(stage.kind === "ipxe" && stage.nic).toBe(nic);
  });

  it("takes our own iPXE for whole, whatever it says", () => {
    expect(identify([pxe, [OptionCode.userClass, "kindling"]]).stage).toMatchObject({
      kind: "ipxe",
      features: { http: true, bzimage: true, efi: true },
    });
  });

  const guid = "00112233445566778899aabbccddeeff";
  const uuids = [
    { name: "absent", value: undefined, uuid: undefined, echoed: false },
    {
      name: "of type 0",
      value: `00${guid}`,
      uuid: "33221100-5544-7766-8899-aabbccddeeff",
      echoed: true,
    },
    { name: "all zero", value: "00".repeat(17), uuid: undefined, echoed: true },
    { name: "of type 1", value: `01${guid}`, uuid: undefined, echoed: false },
    { name: "16 bytes long", value: guid, uuid: undefined, echoed: false },
  ];
  it.each(uuids)("handles a 97 that is $name", ({ value, uuid, echoed }) => {
    const option = value && ([OptionCode.clientUuid, Buffer.from(value, "hex")] as const);
    const client = identify(option ? [pxe, option] : [pxe]);
    expect(client.identity.uuid).toBe(uuid);
    expect(client.uuidOption !== undefined).toBe(echoed);
  });

  const names = [
    { sent: "Node-1", want: "node-1" },
    { sent: "node-1.lab.test\0", want: "node-1.lab.test" },
    { sent: "no_underscores", want: undefined },
    { sent: "-x", want: undefined },
    { sent: "a..b", want: undefined },
    { sent: "", want: undefined },
  ];
  it.each(names)("takes the host name '$sent' as $want", ({ sent, want }) => {
    expect(identify([[OptionCode.hostName, sent]]).identity.hostname).toBe(want);
  });
});

describe("readUserClasses", () => {
  const cases = [
    { name: "raw", value: "iPXE", want: ["ipxe"] },
    { name: "one tuple", value: "\x04iPXE", want: ["\x04ipxe", "ipxe"] },
    { name: "two tuples", value: "\x04iPXE\x03foo", want: ["\x04ipxe\x03foo", "ipxe", "foo"] },
    { name: "upper case", value: "IPXE", want: ["ipxe"] },
    { name: "a tuple past the end", value: "\x05iPXE", want: ["\x05ipxe"] },
    { name: "nothing", value: "", want: [""] },
  ];
  it.each(cases)("reads $name", ({ value, want }) => {
    expect(readUserClasses(Buffer.from(value, "latin1"))).toEqual(want);
  });
});

describe("readArchCodes", () => {
  const cases = [
    { name: "a list", value: Buffer.of(0, 99, 0, 7), vendorClass: "", want: [99, 7] },
    {
      name: "the decimal of option 60",
      value: undefined,
      vendorClass: "PXEClient:Arch:00011:UNDI:003000",
      want: [11],
    },
    {
      name: "HTTP Boot's option 60",
      value: undefined,
      vendorClass: "HTTPClient:Arch:00016",
      want: [16],
    },
    {
      name: "93 before 60",
      value: Buffer.of(0, 9),
      vendorClass: "PXEClient:Arch:00007:",
      want: [9],
    },
    { name: "neither", value: undefined, vendorClass: "PXEClient", want: [] },
  ];
  it.each(cases)("reads $name", ({ value, vendorClass, want }) => {
    expect(readArchCodes(value, vendorClass)).toEqual(want);
  });
});
