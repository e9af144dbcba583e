import { WireError } from "../errors.ts";
import { type Ipv4Address, parseIpv4 } from "../wire/ipv4.ts";

/** Name servers that one host asks; resolv.conf(5) takes three. */
export const upstreamsMax = 8;

/** The IPv4 name servers of a resolv.conf, in its order; what else stands there is not for us. */
export function parseResolvConf(text: string): readonly Ipv4Address[] {
  const words = [...text.matchAll(/^[ \t]*nameserver[ \t]+([^\s#;]+)/gm)].map(
    ({ 1: word = "" }) => word,
  );
  return [...new Set(words.flatMap(addressOf))].slice(0, upstreamsMax);
}

// IPv6 name servers are left out: our sockets are IPv4.
function addressOf(word: string): readonly Ipv4Address[] {
  try {
    return [parseIpv4(word)];
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return [];
  }
}
