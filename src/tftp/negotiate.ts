import { type IpAddress, isIpv6 } from "../wire/ip.ts";
import type { TftpOption } from "./packet.ts";

/** What this server grants at most; a client gets less when it asks for less. */
export type TftpLimits = {
  /** RFC 2348; 1468 fits an Ethernet frame, and many ROMs cannot put fragments together. */
  readonly blksizeMax: number;
  /** RFC 7440; capped at `windowCeiling` whatever is set. */
  readonly windowMax: number;
};

/** The terms of one transfer. `granted` is the OACK's content; empty means there is no OACK. */
export type TransferTerms = {
  readonly blksize: number;
  readonly windowsize: number;
  /**
   * What the client wants us to wait before sending again (RFC 2349); absent when it did not say.
   */
  readonly timeoutMs?: number;
  readonly granted: readonly TftpOption[];
};

/** The header of IPv6 is this much longer than that of IPv4: the same frame holds a smaller block. */
const longerHeader = 20;

/** The limits for a client that came to this address of ours. */
export function limitsAt<L extends TftpLimits>(server: IpAddress, limits: L): L {
  if (!isIpv6(server)) return limits;
  return { ...limits, blksizeMax: Math.max(512, limits.blksizeMax - longerHeader) };
}

/** More datagrams in one burst than this overflow the receive buffers of ROMs and of some hosts. */
export const windowCeiling = 64;

/**
 * RFC 2347: grants options the client sent and no other, each at most once and never for more than
 * was asked. An option with an impossible value is left out, which every client takes as "not
 * supported".
 */
export function negotiate(
  options: readonly TftpOption[],
  limits: TftpLimits,
  /** The exact size of what will be sent; absent when it is not known, as in netascii. */
  size?: number,
): TransferTerms {
  const asked = new Map<string, string>();
  for (const { name, value } of options) if (!asked.has(name)) asked.set(name, value);
  const blksize = clamp(asked.get("blksize"), 8, Math.min(limits.blksizeMax, 65_464));
  const windowsize = clamp(asked.get("windowsize"), 1, Math.min(limits.windowMax, windowCeiling));
  const timeout = within(asked.get("timeout"), 1, 255);
  const tsize = asked.has("tsize") ? size : undefined;
  return {
    blksize: blksize ?? 512,
    windowsize: windowsize ?? 1,
    ...(timeout === undefined ? {} : { timeoutMs: timeout * 1000 }),
    granted: [
      ...grant("blksize", blksize),
      ...grant("tsize", tsize),
      ...grant("timeout", timeout), // EDK2 drops an OACK with another value than it sent
      ...grant("windowsize", windowsize),
    ],
  };
}

// Below the least, the client cannot mean it; above the most, it gets the most.
function clamp(text: string | undefined, least: number, most: number): number | undefined {
  const value = within(text, least, Number.MAX_SAFE_INTEGER);
  return value === undefined ? undefined : Math.min(value, most);
}

function within(text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= least && value <= most ? value : undefined;
}

function grant(name: string, value: number | undefined): readonly TftpOption[] {
  return value === undefined ? [] : [{ name, value: String(value) }];
}
