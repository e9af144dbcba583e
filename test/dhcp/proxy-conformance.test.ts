import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { DhcpSettings } from "../../src/dhcp/settings.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { askProxy, type Datagram, hex, option, type Wire, wire } from "../support/proxy-lab.ts";

// Every packet here is written by hand, so that no codec of ours can be wrong on both sides.

const us = "0a4d0001";
const usText = "10.77.0.1";
const client = "0a4d0032"; // 10.77.0.50
const guid = `00${"a1".repeat(16)}`;
const loaders = `http://${usText}:8080/loaders`;
const script = `http://${usText}:8080/boot.ipxe`;

const discover = option(53, "01");
const asks = option(53, "03");
const offer = option(53, "02");
const ack = option(53, "05");
const serverId = option(54, us);
const pxe = option(60, hex("PXEClient"));
const directly = option(43, "060108ff");

const bios = [option(60, hex("PXEClient:Arch:00000:UNDI:002001")), option(93, "0000")];
const efi = [option(60, hex("PXEClient:Arch:00007:UNDI:003000")), option(93, "0007")];
const httpBoot = [option(60, hex("HTTPClient:Arch:00016:UNDI:003001")), option(93, "0010")];
// iPXE 2019: version, http, bzimage, efi among its features.
const features = option(175, "eb03010000130101180101240101");

/** Form A: the file, at once. */
const formA = (file: string, more: { byTftp?: boolean; uuid?: boolean } = {}): string[] => [
  offer,
  serverId,
  pxe,
  ...(more.uuid ? [option(97, guid)] : []),
  directly,
  ...((more.byTftp ?? true) ? [option(66, `${hex(usText)}00`)] : []),
  option(67, `${hex(file)}00`),
];

const reply = (parts: Wire): string =>
  wire({ op: "02", flags: "8000", siaddr: us, sname: usText, ...parts });
const offersA = (file: string, more: Parameters<typeof formA>[1] = {}, parts: Partial<Wire> = {}) =>
  reply({ file, options: formA(file, more), ...parts });
const acks = (file: string, parts: Partial<Wire> = {}) =>
  reply({
    flags: "0000",
    ciaddr: client,
    file,
    options: [ack, ...formA(file).slice(1)],
    ...parts,
  });
const formB = reply({ options: [offer, serverId, pxe] });

const toAll = "67 > 255.255.255.255:68";
const ask = (options: readonly string[], parts: Partial<Wire> = {}): Datagram => ({
  bytes: wire({ options: [discover, ...options], ...parts }),
});
const to4011 = (
  parts: Partial<Wire>,
  fromPort: number,
  more: readonly string[] = [],
): Datagram => ({
  bytes: wire({ ciaddr: client, options: [asks, ...efi, ...more], ...parts }),
  to: 4011,
  from: "10.77.0.50",
  fromPort,
});

type Row = {
  readonly name: string;
  readonly send: readonly Datagram[];
  readonly settings?: Partial<DhcpSettings>;
  /** `way` and bytes of every datagram that leaves, in order. */
  readonly want: readonly (readonly [way: string, bytes: string])[];
};

const menu = {
  prompt: "Boot?",
  timeout: 5,
  broadcast: false,
  items: [
    { text: "Install", boot: "loader" },
    { text: "Disk", boot: "local" },
  ],
} as const;

const relayed = { giaddr: "0a580001", flags: "0000" };
const circuit = option(82, "01020007");
const disabled = { disabled: new Set([parseMac("52:54:00:77:00:10")]) };
const pi = { chaddr: "dca632000001" };

const rows: readonly Row[] = [
  {
    name: "P1: a BIOS gets form A",
    send: [ask(bios, { secs: "0400" })],
    want: [[toAll, offersA("undionly.kpxe")]],
  },
  {
    name: "P2: a UEFI gets form A, form B when it comes again within 60 s, then A, and A later",
    send: [
      ask(efi),
      { ...ask(efi), after: 4 },
      { ...ask(efi), after: 8 },
      { ...ask(efi), after: 61 },
    ],
    want: [
      [toAll, offersA("snponly.efi")],
      [toAll, formB],
      [toAll, offersA("snponly.efi")],
      [toAll, offersA("snponly.efi")],
    ],
  },
  {
    name: "P3: EDK2 asks 4011 from 4011 and hears there, by unicast",
    send: [to4011({}, 4011)],
    want: [["4011 > 10.77.0.50:4011", acks("snponly.efi")]],
  },
  {
    name: "P4: iPXE asks 4011 from 68 with the broadcast flag and hears at its address on 68",
    send: [to4011({ flags: "8000" }, 68, [serverId])],
    want: [["4011 > 10.77.0.50:68", acks("snponly.efi", { flags: "8000" })]],
  },
  {
    name: "P5: who asks 4011 without an address hears by broadcast on 68",
    send: [to4011({ ciaddr: "00000000" }, 4011)],
    want: [["4011 > 255.255.255.255:68", acks("snponly.efi", { ciaddr: "00000000" })]],
  },
  {
    name: "P6: a request whose option 54 is another server's is left to that one",
    send: [to4011({}, 4011, [option(54, "0a4d0002")])],
    want: [],
  },
  {
    name: "P7: a DISCOVER of a system, and one of a Mac, get nothing",
    send: [ask([option(55, "0103060f")]), ask([option(60, hex("AAPLBSDPC/i386/Macmini"))])],
    want: [],
  },
  {
    name: "P8: a UUID is echoed when it has 17 bytes of type 0, and is never asked for",
    send: [
      ask([...bios, option(97, guid)]),
      ask([...bios, option(97, `01${guid.slice(2)}`)]),
      ask([...bios, option(97, guid.slice(2))]),
      ask(bios),
    ],
    want: [
      [toAll, offersA("undionly.kpxe", { uuid: true })],
      [toAll, offersA("undionly.kpxe")],
      [toAll, offersA("undionly.kpxe")],
      [toAll, offersA("undionly.kpxe")],
    ],
  },
  {
    name: "P9: the user class is iPXE raw, as tuples, and in any case",
    send: ["iPXE", "\x04iPXE", "\x04iPXE\x03foo", "IPXE"].map((text) =>
      ask([...bios, option(77, hex(text)), features]),
    ),
    want: Array.from({ length: 4 }, () => [toAll, offersA(script, { byTftp: false })] as const),
  },
  {
    name: "P10: option 175 with a version alone tells an iPXE",
    send: [ask([...bios, features])],
    want: [[toAll, offersA(script, { byTftp: false })]],
  },
  {
    name: "P9: an iPXE that cannot do HTTP loads a whole one, by a URL of ours",
    send: [ask([...bios, option(77, hex("iPXE"))])],
    want: [[toAll, offersA(`tftp://${usText}/undionly.kpxe`)]],
  },
  {
    name: "P11: of a list of architectures the first that is served counts",
    send: [ask([option(60, hex("PXEClient")), option(93, "006300020007")])],
    want: [[toAll, offersA("snponly.efi")]],
  },
  {
    name: "P12: without 93 the decimal number of option 60 counts",
    send: [ask([option(60, hex("PXEClient:Arch:00011:UNDI:003000"))])],
    want: [[toAll, offersA("snponly-arm64.efi")]],
  },
  {
    name: "P13: a relay's client is answered to the relay, flag and 82 as they came",
    send: [ask([...efi, circuit], relayed), ask([...bios, circuit], { ...relayed, flags: "8000" })],
    want: [
      [
        "67 > 10.88.0.1:67",
        offersA("snponly.efi", {}, { ...relayed, options: [...formA("snponly.efi"), circuit] }),
      ],
      [
        "67 > 10.88.0.1:67",
        offersA(
          "undionly.kpxe",
          {},
          {
            giaddr: relayed.giaddr,
            options: [...formA("undionly.kpxe"), circuit],
          },
        ),
      ],
    ],
  },
  {
    name: "P15: HTTP Boot gets a URL and HTTPClient, and no option 43, 66 or TFTP name",
    send: [ask(httpBoot)],
    want: [
      [
        toAll,
        reply({
          file: `${loaders}/snponly.efi`,
          options: [
            offer,
            serverId,
            option(60, hex("HTTPClient")),
            option(67, `${hex(`${loaders}/snponly.efi`)}00`),
          ],
        }),
      ],
    ],
  },
  {
    name: "P16: options in file and sname count where option 52 says so",
    send: [
      {
        bytes: wire({
          options: [discover, option(52, "03")],
          file: `hex:${option(60, hex("PXEClient"))}ff`,
          sname: `hex:${option(93, "0007")}ff`,
        }),
      },
    ],
    want: [[toAll, offersA("snponly.efi")]],
  },
  {
    name: "P17: hlen 16 and a GUID for chaddr come back whole",
    send: [ask(efi, { hlen: "10", chaddr: "0f0e0d0c0b0a09080706050403020100" })],
    want: [
      [
        toAll,
        offersA("snponly.efi", {}, { hlen: "10", chaddr: "0f0e0d0c0b0a09080706050403020100" }),
      ],
    ],
  },
  {
    name: "P18: a disabled machine hears nothing, on either port, menu or not",
    send: [ask(efi), to4011({}, 4011)],
    settings: { ...disabled, menu },
    want: [],
  },
  {
    name: "P20: U-Boot gets siaddr and file however often it asks, as it reads nothing else",
    send: [1, 2, 3].map(() => ask([option(60, hex("U-Boot.armv8")), option(93, "0016")])),
    want: [1, 2, 3].map(() => [toAll, offersA("snponly-arm64.efi")] as const),
  },
  {
    name: "P21: a Raspberry Pi that calls itself a BIOS gets form C",
    send: [ask(bios, pi)],
    want: [
      [
        toAll,
        reply({
          ...pi,
          options: [
            offer,
            serverId,
            pxe,
            option(
              43,
              `060103${`0917${"0000"}14${hex("Raspberry Pi Boot   ")}`}0a04${"00"}${hex("PXE")}ff`,
            ),
            option(66, `${hex(usText)}00`),
          ],
        }),
      ],
    ],
  },
  {
    name: "P22: a boot item of our menu is echoed, one of nobody's is left alone",
    send: [
      to4011({}, 4011, [option(43, "470480000000ff")]),
      to4011({}, 4011, [option(43, "470480010000ff")]),
      to4011({}, 4011, [option(43, "470480008000ff")]), // the layer asks for credentials
    ],
    settings: { menu },
    want: [
      [
        "4011 > 10.77.0.50:4011",
        acks("snponly.efi", {
          options: [
            ack,
            serverId,
            pxe,
            option(43, "470480000000ff"),
            option(66, `${hex(usText)}00`),
            option(67, `${hex("snponly.efi")}00`),
          ],
        }),
      ],
    ],
  },
  {
    name: "P22: without a menu item 0 alone is answered, which some ROMs send by themselves",
    send: [
      to4011({}, 4011, [option(43, "470400000000ff")]),
      to4011({}, 4011, [option(43, "470480000000ff")]),
    ],
    want: [
      [
        "4011 > 10.77.0.50:4011",
        acks("snponly.efi", {
          options: [
            ack,
            serverId,
            pxe,
            option(43, "470400000000ff"),
            option(66, `${hex(usText)}00`),
            option(67, `${hex("snponly.efi")}00`),
          ],
        }),
      ],
    ],
  },
];

describe("the proxyDHCP server, packet for packet", () => {
  it.each(rows)("$name", async ({ send, settings, want }) => {
    const answers = await askProxy(send, settings);
    expect(answers.map(({ way, bytes }) => [way, bytes])).toEqual(want);
  });

  const everybody = [
    ...[bios, efi, httpBoot].map((options) => ask(options)),
    ask([...bios, option(97, guid), features]),
    ask(efi, relayed),
    ask([option(60, hex("PXEClient:Arch:00011:UNDI:003000")), option(97, guid)]),
    ask(bios, pi),
    to4011({}, 4011),
  ];

  it("P14: 67 is last before 82 and the end, ends in NUL, and says what the file field says", async () => {
    const withRelayAgent = everybody.map(({ bytes, ...way }) => ({
      ...way,
      bytes: bytes.replace(/63825363/, `63825363${circuit}`),
    }));
    const answers = await askProxy(withRelayAgent);
    expect(answers).toHaveLength(everybody.length);
    for (const { bytes } of answers) {
      const file = Buffer.from(bytes, "hex").subarray(108, 236).toString("latin1");
      const name = file.replace(/\0.*$/, "");
      const tail = name === "" ? circuit : option(67, `${hex(name)}00`) + circuit;
      expect(bytes.replace(/ff0*$/, "").endsWith(tail)).toBe(true);
    }
  });

  const sizes = [
    { name: "no option 57", size: "", limit: 548 },
    { name: "a 57 below what is lawful", size: option(57, "0100"), limit: 548 },
    { name: "a 57 of a whole frame", size: option(57, "05dc"), limit: 1472 },
  ];
  it.each(sizes)("keeps 300 to $limit bytes without overload for $name", async (row) => {
    const long = option(82, "0180".padEnd(2 * 250, "0")); // leaves no room beside the rest
    const send = everybody.map(({ bytes, ...way }) => ({
      ...way,
      bytes: bytes.replace(/63825363/, `63825363${row.size}${long}`),
    }));
    const answers = await askProxy(send, { menu });
    expect(answers).toHaveLength(everybody.length);
    for (const { bytes } of answers) {
      expect(bytes.length / 2).toBeGreaterThanOrEqual(300);
      expect(bytes.length / 2).toBeLessThanOrEqual(row.limit);
      expect(codesOf(bytes)).not.toContain(52);
    }
  });

  // Facts of a clock and of chance, which a table of packets cannot hold.
  const elsewhere = [
    {
      name: "P19: 50 ms at 200 DISCOVERs a second",
      file: "test/bench/discover-load.ts",
      word: "p99",
    },
    { name: "P23: a million broken packets", file: "test/dhcp/fuzz.test.ts", word: "P23" },
  ];
  it.each(elsewhere)("$name is held by $file", ({ file, word }) => {
    expect(readFileSync(join(import.meta.dirname, "../..", file), "utf8")).toContain(word);
  });
});

/** The option codes of a message in hex, in their order. */
function codesOf(bytes: string): number[] {
  const options = Buffer.from(bytes, "hex").subarray(240);
  const codes: number[] = [];
  for (let at = 0; options[at] !== 255; at += 2 + (options[at + 1] ?? 0)) {
    codes.push(options[at] ?? 0);
  }
  return codes;
}
