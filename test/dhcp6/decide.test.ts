import { describe, expect, it } from "vitest";
import { addressFor } from "../../src/dhcp6/address.ts";
import { type Dhcp6Context, type Dhcp6Decision, decideDhcp6 } from "../../src/dhcp6/decide.ts";
import { findOption, OptionCode6, parseOptions6 } from "../../src/dhcp6/options.ts";
import { MessageType6 } from "../../src/dhcp6/packet.ts";
import { ipv6FromBytes, parseIpv6, prefixOf } from "../../src/wire/ipv6.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { Client6, ia, opt, type Parts6, requestOf, serverId6 } from "../support/dhcp6-message.ts";
import { context6, settings6, site6 } from "../support/dhcp6-site.ts";

const own = addressFor(site6.prefix, { key: "52:54:00:77:00:10 7", declines: 0 }, site6.server);
const stateless = { site: { ...site6, mode: "stateless" as const } };
const relay = (link: string) => ({
  hops: 0,
  link: parseIpv6(link),
  peer: parseIpv6("fe80::5054:ff:fe77:10"),
  options: [],
});

/** What an answer says, in words: each association's addresses with lifetimes, status codes, options. */
function said(decision: Dhcp6Decision): readonly string[] {
  if (decision.kind === "ignore") return [];
  return decision.message.options.flatMap(({ code, value }) => {
    const bytes = Buffer.from(value);
    if (code === OptionCode6.clientId) return ["client"];
    if (code === OptionCode6.serverId) return ["server"];
    if (code === OptionCode6.bootFileUrl) return [bytes.toString()];
    if (code === OptionCode6.statusCode) return [`status ${bytes.readUInt16BE()}`];
    if (code === OptionCode6.preference) return [`preference ${bytes[0]}`];
    if (code === OptionCode6.vendorClass)
      return [`class ${bytes.toString("hex", 0, 6)} ${bytes.toString("latin1", 6)}`];
    if (code === OptionCode6.dnsServers) return [`dns ${ipv6FromBytes(value)}`];
    const at = code === OptionCode6.iaTa ? 4 : 12;
    if (code !== OptionCode6.iaNa && code !== OptionCode6.iaTa && code !== OptionCode6.iaPd)
      return [`option ${code}`];
    const inner = parseOptions6(bytes.subarray(at)).map((option) => {
      const content = Buffer.from(option.value);
      if (option.code === OptionCode6.statusCode) return `status ${content.readUInt16BE()}`;
      return `${ipv6FromBytes(content.subarray(0, 16))} ${content.readUInt32BE(20)}`;
    });
    const times =
      at === 12 && bytes.readUInt32BE(4) > 0
        ? [`${bytes.readUInt32BE(4)}/${bytes.readUInt32BE(8)}`]
        : [];
    return [["ia", bytes.readUInt32BE(0), ...inner, ...times].join(" ")];
  });
}

type Row = {
  readonly name: string;
  readonly message: Parts6;
  readonly context?: Partial<Dhcp6Context>;
  readonly want: string;
  readonly says?: readonly string[];
};

const ids = ["client", "server"];
const loader = "tftp://[fd77::1]/snponly.efi";
const script = "http://[fd77::1]:8080/boot.ipxe";
const rows: readonly Row[] = [
  {
    name: "offers firmware its address and loader, to be taken at once",
    message: { type: "solicit", options: [...Client6.pxe, ia(7)] },
    want: "reply offered",
    says: [...ids, "preference 255", `ia 7 ${own} 300 150/240`, loader],
  },
  {
    name: "grants without a second round where that is asked for",
    message: { type: "solicit", options: [...Client6.ipxe, ia(7), opt(14, "")] },
    want: "reply rapid-commit",
    says: [...ids, "option 14", `ia 7 ${own} 300 150/240`, script],
  },
  {
    name: "marks its answer to HTTP Boot as one",
    message: { type: "solicit", options: [...Client6.http, ia(7)] },
    want: "reply offered",
    says: [
      ...ids,
      "preference 255",
      `ia 7 ${own} 300 150/240`,
      "class 00000157000a HTTPClient",
      "http://[fd77::1]:8080/loaders/snponly.efi",
    ],
  },
  {
    name: "gives a system an address for long, and no boot file",
    message: { type: "request", serverId: serverId6, options: [...Client6.system, ia(7, [own])] },
    want: "reply granted",
    says: [...ids, `ia 7 ${own} 43200 21600/34560`],
  },
  {
    name: "tells name servers that are set",
    message: { type: "request", serverId: serverId6, options: [...Client6.system, ia(7)] },
    context: { settings: { ...settings6, dns: [parseIpv6("fd77::53")] } },
    want: "reply granted",
    says: [...ids, `ia 7 ${own} 43200 21600/34560`, "dns fd77::53"],
  },
  {
    name: "ends an address that is not the client's",
    message: {
      type: "renew",
      serverId: serverId6,
      options: [...Client6.system, ia(7, ["fd77::2", own])],
    },
    want: "reply renewed",
    says: [...ids, `ia 7 ${own} 43200 fd77::2 0 21600/34560`],
  },
  {
    name: "knows a client again after a restart, by any server's word",
    message: { type: "rebind", options: [...Client6.ipxe, ia(7, [own])] },
    want: "reply renewed",
    says: [...ids, `ia 7 ${own} 300 150/240`, script],
  },
  {
    name: "delegates no prefix and gives no temporary address",
    message: {
      type: "solicit",
      options: [ia(1, [], OptionCode6.iaTa), ia(2, [], OptionCode6.iaPd)],
    },
    want: "reply offered",
    says: [...ids, "preference 255", "ia 1 status 2", "ia 2 status 6"],
  },
  {
    name: "has no address in a prefix that is too small for chance",
    message: { type: "solicit", options: [ia(1)] },
    context: { site: { ...site6, prefix: prefixOf(site6.server, 120) } },
    want: "reply offered",
    says: [...ids, "preference 255", "ia 1 status 2"],
  },
  {
    name: "confirms who is still on this link",
    message: { type: "confirm", options: [ia(1, [own, "fd77::9"])] },
    want: "reply on-link",
    says: [...ids, "status 0"],
  },
  {
    name: "sends away who came from another link",
    message: { type: "confirm", options: [ia(1, [own, "fd88::9"])] },
    want: "reply not-on-link",
    says: [...ids, "status 4"],
  },
  {
    name: "has nothing to confirm",
    message: { type: "confirm", options: [ia(1)] },
    want: "ignore no-address",
  },
  {
    name: "takes an address back",
    message: { type: "release", serverId: serverId6, options: [ia(1, [own])] },
    want: "reply released",
    says: [...ids, "status 0"],
  },
  {
    name: "hears that an address is in use",
    message: { type: "decline", serverId: serverId6, options: [ia(1, [own])] },
    want: "reply declined",
    says: [...ids, "status 0"],
  },
  {
    name: "tells a boot file without an address",
    message: { type: "informationRequest", options: Client6.ipxe },
    context: stateless,
    want: "reply informed",
    says: [...ids, script],
  },
  {
    name: "tells it to who does not say who it is",
    message: { type: "informationRequest", clientId: null, options: Client6.ipxe },
    want: "reply informed",
    says: ["server", script],
  },
  {
    name: "answers through a relay on its own link",
    message: { type: "solicit", options: [ia(7)], relays: [relay("::"), relay("fd77::9")] },
    want: "reply offered",
    says: [...ids, "preference 255", `ia 7 ${own} 43200 21600/34560`],
  },
  {
    name: "serves no other link",
    message: { type: "solicit", options: [ia(7)], relays: [relay("fd88::9")] },
    want: "ignore unknown-link",
  },
  {
    name: "gives no addresses where it is stateless",
    message: { type: "solicit", options: [...Client6.pxe, ia(7)] },
    context: stateless,
    want: "ignore stateless",
  },
  {
    name: "answers no network boot of a machine that is disabled",
    message: { type: "solicit", options: [...Client6.pxe, ia(7)] },
    context: { settings: { ...settings6, disabled: new Set([parseMac("52:54:00:77:00:10")]) } },
    want: "ignore machine-disabled",
  },
  {
    name: "§16.2: SOLICIT without a client",
    message: { type: "solicit", clientId: null },
    want: "ignore no-client-id",
  },
  {
    name: "§16.2: SOLICIT to a server",
    message: { type: "solicit", serverId: serverId6 },
    want: "ignore server-id",
  },
  { name: "§16.4: REQUEST to nobody", message: { type: "request" }, want: "ignore no-server-id" },
  {
    name: "§16.4: REQUEST to another",
    message: { type: "request", serverId: `0004${"bb".repeat(16)}` },
    want: "ignore other-server",
  },
  {
    name: "§16.5: CONFIRM to a server",
    message: { type: "confirm", serverId: serverId6 },
    want: "ignore server-id",
  },
  { name: "§16.6: RENEW to nobody", message: { type: "renew" }, want: "ignore no-server-id" },
  {
    name: "§16.7: REBIND to a server",
    message: { type: "rebind", serverId: serverId6 },
    want: "ignore server-id",
  },
  { name: "§16.8: DECLINE to nobody", message: { type: "decline" }, want: "ignore no-server-id" },
  {
    name: "§16.9: RELEASE without a client",
    message: { type: "release", clientId: null, serverId: serverId6 },
    want: "ignore no-client-id",
  },
  {
    name: "§16.12: INFORMATION-REQUEST for an address",
    message: { type: "informationRequest", options: [ia(1)] },
    want: "ignore association",
  },
  {
    name: "§16.12: INFORMATION-REQUEST to another",
    message: { type: "informationRequest", serverId: "000400" },
    want: "ignore other-server",
  },
];

describe("decideDhcp6", () => {
  it.each(rows)("$name", ({ message, context = {}, want, says = [] }) => {
    const decision = decideDhcp6(requestOf(message), context6(context));
    expect(`${decision.kind} ${decision.reason}`).toBe(want);
    expect(said(decision)).toEqual(says);
    if (decision.kind === "ignore") return;
    const isOffer = decision.reason === "offered";
    expect(decision.message.type).toBe(isOffer ? MessageType6.advertise : MessageType6.reply);
    expect(decision.message.xid).toBe(0x123456);
    const confers = ["rapid-commit", "granted", "renewed"].includes(decision.reason);
    expect(decision.granted).toBe(confers ? own : undefined);
    expect(decision.declined ?? false).toBe(decision.reason === "declined");
  });

  it("gives another address after a decline, and each association its own", () => {
    const options = [ia(1), ia(2)];
    const granted = [0, 1].flatMap((declines) =>
      said(decideDhcp6(requestOf({ type: "solicit", options }), context6({ declines }))).filter(
        (one) => one.startsWith("ia"),
      ),
    );
    expect(new Set(granted.map((one) => one.split(" ")[2])).size).toBe(4);
  });

  it("echoes the client's identifier as it came", () => {
    const decision = decideDhcp6(requestOf({ type: "solicit" }), context6());
    if (decision.kind === "ignore") throw new Error(decision.reason);
    const id = findOption(decision.message.options, OptionCode6.clientId);
    expect(Buffer.from(id ?? []).toString("hex")).toBe(`0004${"11".repeat(16)}`);
  });
});
