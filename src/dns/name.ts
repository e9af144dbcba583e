import { WireError } from "../errors.ts";
import { formatIpv4, type Ipv4Address } from "../wire/ipv4.ts";

/**
 * A domain name in the one form that compares: lower case, no final dot, the root as "". Bytes that
 * do not print, and a dot or a backslash inside a label, are written `\DDD` (RFC 1035 §5.1), so
 * that no label a client invents can equal a name of ours by accident.
 */
export type DnsName = string & { readonly __brand: "DnsName" };

/** RFC 1035 §2.3.4, both in bytes on the wire; the name's count includes lengths and the root. */
export const labelLimit = 63;
export const nameLimit = 255;

/** Letters, digits, hyphens, `_service` labels and `*`; throws `WireError` otherwise. */
export function parseName(text: string): DnsName {
  const name = text.toLowerCase().replace(/\.$/, "");
  const labels = name.split(".");
  const wrong = labels.some((label) => !isOperatorLabel(label));
  if (wrong || name.length + 2 > nameLimit) {
    throw new WireError(
      "wire.invalid",
      `want a domain name like node1.kindling.lan, got "${text}"`,
      {
        field: "name",
        got: text,
      },
    );
  }
  return name as DnsName; // proven above: lower case, bounded, nothing to escape
}

/** One label off the wire, any bytes, as it stands in a `DnsName`. */
export function foldLabel(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  if (/^[\w*-]*$/.test(text)) return text.toLowerCase();
  const spell = (char: string) => `\\${String(char.charCodeAt(0)).padStart(3, "0")}`;
  // ASCII letters only: RFC 4343 folds no other byte, and latin1's upper half is not text here.
  return text.replace(/[^!-~]|[.\\]/g, spell).toLowerCase();
}

/** The name made of these folded labels. */
export function joinLabels(labels: readonly string[]): DnsName {
  return labels.join(".") as DnsName; // proven by the callers: folded or parsed labels
}

/** `node1` under `kindling.lan`. A name that already ends in the domain stays as it is. */
export function nameUnder(text: string, domain: DnsName): DnsName {
  const name = parseName(text);
  if (isWithin(name, domain)) return name;
  return parseName(text.endsWith(".") ? text : `${name}.${domain}`);
}

/** True for the domain itself and for every name below it. */
export function isWithin(name: DnsName, domain: DnsName): boolean {
  return name === domain || domain === "" || name.endsWith(`.${domain}`);
}

/** The name one label shorter; the root has none. */
export function parentOf(name: DnsName): DnsName | undefined {
  if (name === "") return undefined;
  const dot = name.indexOf(".");
  return (dot < 0 ? "" : name.slice(dot + 1)) as DnsName; // proven: a suffix at a label's edge
}

/** `10.77.0.5` → `5.0.77.10.in-addr.arpa`; with fewer `octets` the name of the enclosing zone. */
export function reverseName(address: Ipv4Address, octets = 4): DnsName {
  const kept = formatIpv4(address).split(".").slice(0, octets);
  return joinLabels([...kept.reverse(), "in-addr", "arpa"]);
}

/** The address of which this is the `reverseName`, where it is one. */
export function addressOfReverse(name: DnsName): Ipv4Address | undefined {
  const octets = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/.exec(name);
  if (octets === null) return undefined;
  const [, d, c, b, a] = octets.map(Number);
  const address = addressOf([a, b, c, d]);
  return reverseName(address) === name ? address : undefined; // not 256, and not 01
}

// Out of range it is some address, whose name then is another.
function addressOf(octets: readonly (number | undefined)[]): Ipv4Address {
  return octets.reduce<number>((value, octet = 0) => value * 256 + octet, 0) as Ipv4Address;
}

/**
 * The label a machine gets for the host name it tells: the first label, cut down to letters, digits
 * and inner hyphens (RFC 952, RFC 1123 §2.1); nothing where nothing is left.
 */
export function hostLabel(hostname: string): string | undefined {
  if (hostname.length <= labelLimit && FoldedLabel.test(hostname)) return hostname;
  const [first = ""] = hostname.slice(0, nameLimit).toLowerCase().split(".");
  const label = first.replace(/[^a-z0-9]+/g, "-").slice(0, labelLimit);
  const trimmed = label.replace(/^-|-$/g, "");
  return trimmed === "" ? undefined : trimmed;
}

// What `hostLabel` would make of itself: nearly every name, and with many machines its way is long.
const FoldedLabel = /^[a-z0-9]+(-[a-z0-9]+)*$/;

// RFC 4592 §2.1.1: `*` is a wildcard as the first label, and a name like any other behind it.
function isOperatorLabel(label: string): boolean {
  if (label === "*") return true;
  return label.length <= labelLimit && /^_?[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(label);
}
