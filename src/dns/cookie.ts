/**
 * DNS cookies (RFC 7873): a client that repeats what we told it can hear us at its address, so nobody asks in
 * its name. The server's half is RFC 9018's, a hash of what a query shows of its sender: nothing is kept.
 */
import { WireError } from "../errors.ts";
import type { Ipv4Address } from "../wire/ipv4.ts";
import { ByteReader } from "../wire/reader.ts";
import { ByteWriter } from "../wire/writer.ts";
import { sipHash } from "./siphash.ts";

/** What a client sent: eight bytes of its own, and what a server told it for them before. */
export type Cookie = { readonly client: Uint8Array; readonly server?: Uint8Array };

/** Of 16 bytes each. What `previous` made counts until it is too old by itself. */
export type CookieSecrets = {
  readonly current: Uint8Array;
  readonly previous?: Uint8Array;
  /** Since when `current` is in use, in milliseconds. */
  readonly since: number;
};

/** `known`: the sender has had an answer of ours. `reply`: the option for the answer to this query. */
export type CookieDecision = {
  readonly kind: "known" | "unknown";
  readonly reply: Uint8Array;
};

//                        1 1 1 1 1 1 1 1 1 1 2 2 2 2
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3
//   +---------------+-+-----+-------+---------------+
//   |    client     |1|  0  | time  |     hash      |   RFC 9018 §4: the server's half from the 1 on
//   +---------------+-+-----+-------+---------------+

const clientBytes = 8;
const version = 1;
/** Version and three bytes that are reserved, time, hash. */
const serverBytes = 16;
const hashBytes = 8;

/** RFC 9018 §4.3, in seconds: accepted for an hour, made anew after half of it; clocks differ by 5 minutes. */
const oldest = 3600;
const renewed = 1800;
const youngest = -300;

/** RFC 9018 §5 wants secrets to change; a day is far below what SipHash stands. */
export const secretLifeMs = 86_400_000;

const secretBytes = 16;

/** The COOKIE option of a query (RFC 7873 §4). */
export function parseCookie(bytes: Uint8Array): Cookie {
  const { length } = bytes;
  if (length !== clientBytes && (length < 16 || length > 40)) {
    throw new WireError("wire.invalid", `want a cookie of 8 or 16 to 40 bytes, got ${length}`, {
      field: "cookie",
      got: length,
    });
  }
  const client = bytes.subarray(0, clientBytes);
  return length === clientBytes ? { client } : { client, server: bytes.subarray(clientBytes) };
}

/** Whether a cookie proves who sent it, and what to tell its sender. `now` is in milliseconds. */
export function decideCookie(
  cookie: Cookie,
  asked: { readonly address: Ipv4Address; readonly secrets: CookieSecrets; readonly now: number },
): CookieDecision {
  const { address, secrets, now } = asked;
  const seconds = Math.floor(now / 1000) >>> 0;
  const age = ageOf(cookie, { address, secrets, seconds });
  if (age !== undefined && age < renewed && isOf(secrets.current, cookie, address)) {
    return { kind: "known", reply: joined(cookie.client, cookie.server) };
  }
  const head = new ByteWriter(hashBytes, hashBytes).u8(version).u8(0).u16(0).u32(seconds).finish();
  const hash = hashOf(secrets.current, { client: cookie.client, head, address });
  const reply = joined(cookie.client, head, hash);
  return { kind: age === undefined ? "unknown" : "known", reply };
}

/** The secrets to use now: a new one each `secretLifeMs`, and whenever the clock was set far back. */
export function secretsAt(
  now: number,
  random: (bytes: number) => Uint8Array,
  known?: CookieSecrets,
): CookieSecrets {
  if (known === undefined) return { current: random(secretBytes), since: now };
  if (Math.abs(now - known.since) < secretLifeMs) return known;
  return { current: random(secretBytes), previous: known.current, since: now };
}

/** Seconds since we made a cookie, where we did and it still counts. */
function ageOf(
  cookie: Cookie,
  asked: { address: Ipv4Address; secrets: CookieSecrets; seconds: number },
): number | undefined {
  const { server } = cookie;
  if (server?.length !== serverBytes || server[0] !== version) return undefined;
  const { current, previous = current } = asked.secrets;
  const made = new ByteReader(server, 4).u32("time");
  const age = (asked.seconds - made) | 0; // RFC 1982: seconds wrap in 2106
  if (age > oldest || age < youngest) return undefined;
  const isOurs = [current, previous].some((secret) => isOf(secret, cookie, asked.address));
  return isOurs ? age : undefined;
}

function isOf(secret: Uint8Array, { client, server }: Cookie, address: Ipv4Address): boolean {
  if (server === undefined) return false;
  const hash = hashOf(secret, { client, head: server.subarray(0, hashBytes), address });
  // All bytes, whichever differs: how long it takes tells a guesser nothing.
  return hash.reduce((wrong, byte, at) => wrong | (byte ^ (server[hashBytes + at] ?? 0)), 0) === 0;
}

function hashOf(
  secret: Uint8Array,
  { client, head, address }: { client: Uint8Array; head: Uint8Array; address: Ipv4Address },
): Uint8Array {
  return sipHash(secret, new ByteWriter(32, 20).put(client).put(head).u32(address).finish());
}

function joined(...parts: readonly (Uint8Array | undefined)[]): Uint8Array {
  const writer = new ByteWriter(clientBytes + serverBytes, clientBytes + serverBytes);
  for (const part of parts) if (part !== undefined) writer.put(part);
  return writer.finish();
}
