import { nextStage } from "../boot/next-stage.ts";
import { formatUrlHost } from "../wire/ip.ts";
import { type Ipv6Address, ipv6ToBytes } from "../wire/ipv6.ts";
import { ByteWriter } from "../wire/writer.ts";
import { bootEnterprise } from "./identify.ts";
import { type Option6, OptionCode6, StatusCode, writeOptions6 } from "./options.ts";
import type { Relay } from "./packet.ts";
import type { Association, Dhcp6Request } from "./request.ts";
import type { Dhcp6Settings, Dhcp6Site } from "./settings.ts";

/** The URL a client is told to load (option 59), if there is one for it. */
export function bootUrl({ client }: Dhcp6Request, site: Dhcp6Site): string | undefined {
  const next = nextStage(client, site);
  if (next.kind === "none") return undefined;
  // RFC 5970 §3.1 knows URLs only, and firmware takes no name beside them.
  return next.kind === "tftp-loader"
    ? `tftp://${formatUrlHost(site.server)}/${next.file}`
    : next.url;
}

/** The relays of a message as its answer goes back: each gets its Interface-Id again (RFC 8415 §19.3). */
export function relaysBack({ packet }: Dhcp6Request): readonly Relay[] {
  return packet.relays.map((relay) => {
    const options = relay.options.filter(({ code }) => code === OptionCode6.interfaceId);
    return { ...relay, options };
  });
}

/** Boot options and name servers, as far as this client is to have them. */
export function commonOptions(
  request: Dhcp6Request,
  { site, settings }: { readonly site: Dhcp6Site; readonly settings: Dhcp6Settings },
): readonly Option6[] {
  const options: Option6[] = [];
  if (settings.dns.length > 0) {
    const value = Buffer.concat(settings.dns.map(ipv6ToBytes));
    options.push({ code: OptionCode6.dnsServers, value });
  }
  const url = bootUrl(request, site);
  if (url === undefined) return options;
  const { stage } = request.client;
  if (stage.kind === "firmware" && stage.client === "http") {
    // edk2 takes an answer for HTTP Boot only with this class in it.
    options.push({ code: OptionCode6.vendorClass, value: vendorClass("HTTPClient") });
  }
  options.push({ code: OptionCode6.bootFileUrl, value: Buffer.from(url, "latin1") });
  return options;
}

/** An association with its address; what else the client named there ends with lifetimes of 0. */
export function grantOption(
  { id, addresses }: Association,
  grant: { readonly address: Ipv6Address; readonly seconds: number },
): Option6 {
  const { address, seconds } = grant;
  const ended = addresses.filter((other) => other !== address);
  const inner = [addressOption(address, seconds), ...ended.map((other) => addressOption(other, 0))];
  // RFC 8415 §14.2: T1 half, T2 four fifths of the preferred lifetime.
  const times = [Math.floor(seconds / 2), Math.floor(seconds * 0.8)] as const;
  return association(OptionCode6.iaNa, [id, ...times], inner);
}

/** An association that gets nothing, and why. */
export function refuseOption({ kind, id }: Association, status: StatusCode): Option6 {
  const inner = [statusOption(status)];
  if (kind === "temporary") return association(OptionCode6.iaTa, [id], inner);
  return association(kind === "prefix" ? OptionCode6.iaPd : OptionCode6.iaNa, [id, 0, 0], inner);
}

export function statusOption(status: StatusCode): Option6 {
  const [name = ""] = Object.entries(StatusCode).find(([, code]) => code === status) ?? [];
  const value = Buffer.concat([Buffer.of(status >>> 8, status & 255), Buffer.from(name)]);
  return { code: OptionCode6.statusCode, value };
}

function addressOption(address: Ipv6Address, seconds: number): Option6 {
  const writer = new ByteWriter(24, 24);
  writer.put(ipv6ToBytes(address)).u32(seconds).u32(seconds);
  return { code: OptionCode6.iaAddress, value: writer.finish() };
}

function association(code: number, head: readonly number[], inner: readonly Option6[]): Option6 {
  const writer = new ByteWriter();
  for (const number of head) writer.u32(number);
  writeOptions6(writer, inner);
  return { code, value: writer.finish() };
}

function vendorClass(name: string): Uint8Array {
  return new ByteWriter(64, 16).u32(bootEnterprise).u16(name.length).text(name).finish();
}
