import { WireError } from "../errors.ts";
import type { ByteWriter } from "../wire/writer.ts";
import { type Cookie, parseCookie } from "./cookie.ts";

/** What the client's OPT record says (RFC 6891 §6.1.2). */
export type Edns = {
  readonly version: number;
  readonly payloadSize: number;
  readonly cookie?: Cookie;
  /** The COOKIE option of the answer; set by whoever judged `cookie`. */
  readonly replyCookie?: Uint8Array;
};

/** An OPT record as the packet library reads it. */
type OptRecord = {
  readonly name: string;
  readonly ednsVersion: number;
  readonly udpPayloadSize: number;
  readonly options: readonly { readonly code: number; readonly data?: Uint8Array | undefined }[];
};

/** The largest UDP answer: fits IPv6's least MTU, so nothing is fragmented (DNS flag day 2020). */
export const payloadSize = 1232;

const cookieCode = 10;
const optBytes = 11;
const optionHeaderBytes = 4;

/** RFC 6891 §6.1.1: at most one OPT, and owned by the root. Of several cookies the first counts. */
export function readEdns(records: readonly OptRecord[]): Edns | undefined {
  const [opt] = records;
  if (opt === undefined) return undefined;
  if (records.length > 1 || opt.name !== ".") {
    throw new WireError("wire.invalid", "want one OPT of the root", { field: "opt" });
  }
  const { ednsVersion: version, udpPayloadSize, options } = opt;
  const edns = { version, payloadSize: udpPayloadSize };
  const cookie = version === 0 ? options.find(({ code }) => code === cookieCode)?.data : undefined;
  return cookie === undefined ? edns : { ...edns, cookie: parseCookie(cookie) };
}

/** The bytes that `writeOpt` writes. */
export function optLength({ replyCookie }: Edns): number {
  return optBytes + (replyCookie === undefined ? 0 : optionHeaderBytes + replyCookie.length);
}

/** The root, type 41, our size, upper bits of the code, version 0, no flags (DO=0), and a cookie. */
export function writeOpt(writer: ByteWriter, rcode: number, cookie?: Uint8Array): void {
  writer
    .u8(0)
    .u16(41)
    .u16(payloadSize)
    .u8(rcode >>> 4)
    .u8(0)
    .u16(0);
  if (cookie === undefined) {
    writer.u16(0);
    return;
  }
  writer
    .u16(optionHeaderBytes + cookie.length)
    .u16(cookieCode)
    .u16(cookie.length)
    .put(cookie);
}
