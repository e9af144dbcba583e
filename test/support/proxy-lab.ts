import { fixedMode } from "../../src/dhcp/link-modes.ts";
import { openDhcpServer } from "../../src/dhcp/server.ts";
import type { DhcpSettings } from "../../src/dhcp/settings.ts";
import { formatIpv4 } from "../../src/wire/ipv4.ts";
import { noon, settings, site } from "./dhcp-site.ts";
import { FakeClock } from "./fake-clock.ts";
import { FakeNetwork } from "./fake-udp.ts";

/** A BOOTP message written out by hand: every field in hex, the options as one text. */
export type Wire = {
  readonly op?: "01" | "02";
  readonly hlen?: string;
  readonly secs?: string;
  readonly flags?: string;
  readonly ciaddr?: string;
  readonly siaddr?: string;
  readonly giaddr?: string;
  readonly chaddr?: string;
  /** Text, or hex after `hex:`. */
  readonly sname?: string;
  readonly file?: string;
  readonly options: readonly string[];
};

const wireMac = "525400770010";

/** The message's bytes, filled up to BOOTP's 300. */
export function wire(parts: Wire): string {
  const { op = "01", hlen = "06", secs = "0000", flags = "0000", chaddr = wireMac } = parts;
  const zero = "00000000";
  const { ciaddr = zero, siaddr = zero, giaddr = zero } = parts;
  const head = `${op}01${hlen}0012345678${secs}${flags}${ciaddr}${zero}${siaddr}${giaddr}`;
  const names = field(parts.sname, 64) + field(parts.file, 128);
  const all = `${head}${chaddr.padEnd(32, "0")}${names}63825363${parts.options.join("")}ff`;
  return all.padEnd(600, "0");
}

/** The hex of text. */
export function hex(text: string): string {
  return Buffer.from(text, "latin1").toString("hex");
}

/** An option: its number and its value in hex. */
export function option(code: number, value: string): string {
  return Buffer.of(code, value.length / 2).toString("hex") + value;
}

function field(value: string | undefined, length: number): string {
  const text = value ?? "";
  return (text.startsWith("hex:") ? text.slice(4) : hex(text)).padEnd(2 * length, "0");
}

/** What a client sends: to 67 from 68 unless it says otherwise; `after` seconds since the last. */
export type Datagram = {
  readonly bytes: string;
  readonly to?: 67 | 4011;
  readonly from?: string;
  readonly fromPort?: number;
  readonly after?: number;
};

/** A datagram that the proxy sent, as `from port > address:port`, and its bytes. */
export type Answer = { readonly way: string; readonly bytes: string };

/** What a proxyDHCP server at 10.77.0.1 sends in answer to these datagrams, one after the other. */
export async function askProxy(
  datagrams: readonly Datagram[],
  parts: Partial<DhcpSettings> = {},
): Promise<readonly Answer[]> {
  const network = new FakeNetwork();
  const clock = new FakeClock(noon);
  const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
  await using server = await openDhcpServer(
    {
      links: fixedMode("proxy"),
      interfaces: [{ device: "eth0", address: site.server, subnet: site.subnet }],
      settings: { ...settings, ...parts },
      leases: {
        loaded: { leases: [] },
        lines: 0,
        save: async () => {},
        rewrite: async () => {},
        [Symbol.asyncDispose]: async () => {},
      },
      clock,
      log: silent,
      publish: () => {},
      findings: { raise: () => {}, clear: () => {} },
      onFetch: () => new DisposableStack(),
      httpPort: site.httpPort,
      openSocket: network.open,
    },
    new AbortController().signal,
  );
  server.serve();
  for (const { bytes, to = 67, from, fromPort, after = 0 } of datagrams) {
    clock.step(1000 * after);
    network.deliver(to, Buffer.from(bytes, "hex"), from, fromPort);
  }
  return network.sent.map(({ address, port, fromPort, datagram }) => ({
    way: `${fromPort} > ${formatIpv4(address)}:${port}`,
    bytes: Buffer.from(datagram).toString("hex"),
  }));
}
