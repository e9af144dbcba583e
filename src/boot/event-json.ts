import { formatIp, parseIp } from "../wire/ip.ts";
import type { BootEvent } from "./event.ts";

/** An event as one line of JSON: the form of the admin API and of `lab --json`. Its address is text. */
export function formatEvent(event: BootEvent): string {
  if (event.address === undefined) return JSON.stringify(event);
  return JSON.stringify({ ...event, address: formatIp(event.address) });
}

/** Undoes `formatEvent`. Only for lines that a Kindling of this version wrote. */
export function parseEvent(line: string): BootEvent {
  const { address, ...rest } = JSON.parse(line);
  return { ...rest, ...(typeof address === "string" ? { address: parseIp(address) } : {}) };
}
