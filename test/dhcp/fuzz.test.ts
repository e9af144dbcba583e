import { expect, it } from "vitest";
import { decideDhcp } from "../../src/dhcp/decide.ts";
import { decideBootServer, decideProxy } from "../../src/dhcp/decide-proxy.ts";
import { LeaseTable } from "../../src/dhcp/lease-table.ts";
import { formatDhcp, parseDhcp } from "../../src/dhcp/packet.ts";
import { readRequest } from "../../src/dhcp/request.ts";
import { WireError } from "../../src/errors.ts";
import { formatHexdump } from "../../src/wire/hexdump.ts";
import { ClientOptions, type MessageParts, messageOf } from "../support/dhcp-message.ts";
import { contextOf, noon, settings, site } from "../support/dhcp-site.ts";

const packets = Number(process.env["FUZZ_PACKETS"] ?? 50_000);
const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 1_000_000_007);

// Sound packets of every kind: what is nearly right gets deepest.
const parts: MessageParts[] = [
  { options: ClientOptions.efi },
  { options: ClientOptions.ipxe, type: "request", requested: "10.77.0.120", serverId: "10.77.0.1" },
  { options: ClientOptions.http, giaddr: "10.88.0.1" },
  { options: [...ClientOptions.efi, [43, Buffer.of(71, 4, 1, 2, 0, 1, 255)]], type: "request" },
  {
    type: "request",
    ciaddr: "10.77.0.120",
    options: [[82, Buffer.from("0102000705040a580000", "hex")]],
  },
  { type: "decline", requested: "10.77.0.120", serverId: "10.77.0.1" },
  {
    type: "inform",
    ciaddr: "10.77.0.50",
    options: [
      [12, "host"],
      [61, "id"],
      [57, Buffer.of(5, 192)],
    ],
  },
  { options: [[52, Buffer.of(3)], ...ClientOptions.system], header: { sname: "abc", file: "def" } },
];
const corpus = parts.map((part) => Buffer.from(formatDhcp(messageOf(part), 1472)));

/** mulberry32: small, and the same numbers from the same seed. */
function randomFrom(start: number): (below: number) => number {
  let state = start;
  return (below) => {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function mutate(datagram: Buffer, random: (below: number) => number): Buffer {
  const bytes = Buffer.from(datagram);
  for (let edits = random(6); edits >= 0; edits -= 1) {
    const at = random(2) ? 240 + random(bytes.length - 240) : random(bytes.length);
    bytes[at] = random(3) ? random(256) : ([0, 1, 52, 53, 82, 255][random(6)] ?? 0);
  }
  if (random(4) === 0) return bytes.subarray(0, random(bytes.length));
  return random(8) ? bytes : Buffer.concat([bytes, corpus[random(corpus.length)] ?? bytes]);
}

it(`P23: ${packets} mutated packets throw nothing but WireError`, { timeout: 3_600_000 }, () => {
  const random = randomFrom(seed);
  const leases = new LeaseTable();
  const counts = { malformed: 0, replied: 0 };
  for (let sent = 0; sent < packets; sent += 1) {
    const datagram = mutate(corpus[random(corpus.length)] ?? Buffer.alloc(0), random);
    try {
      counts.replied += answer(datagram, leases);
    } catch (error) {
      if (!(error instanceof WireError)) {
        throw new Error(`seed ${seed}, packet ${sent}:\n${formatHexdump(datagram)}`, {
          cause: error,
        });
      }
      counts.malformed += 1;
    }
  }
  // The mutator is worth something only while it reaches both ends.
  expect(counts.malformed).toBeGreaterThan(packets / 50);
  expect(counts.replied).toBeGreaterThan(packets / 50);
});

/**
 * The whole pure way of a packet, on both ports and in both modes; the number of replies formed.
 */
function answer(datagram: Uint8Array, leases: LeaseTable): number {
  const read = readRequest(parseDhcp(datagram));
  if (read.kind === "ignore") return 0;
  const { request } = read;
  const full = decideDhcp(request, contextOf({ leases }));
  if (full.kind !== "ignore") leases.apply(full.changes);
  const items = [{ text: "Install", boot: "loader" }] as const;
  const menu = { prompt: "?", timeout: 1, broadcast: true, items };
  const context = { site, settings, now: noon };
  const withMenu = { ...context, settings: { ...settings, menu } };
  const decisions = [full, decideProxy(request, context), decideBootServer(request, context)];
  decisions.push(decideProxy(request, withMenu), decideBootServer(request, withMenu));
  const replies = decisions.flatMap((decision) =>
    decision.kind === "reply" ? [decision.reply] : [],
  );
  for (const { message, maxBytes } of replies) {
    const bytes = formatDhcp(message, maxBytes);
    expect(bytes.length).toBeLessThanOrEqual(maxBytes);
    parseDhcp(bytes);
  }
  return replies.length;
}
