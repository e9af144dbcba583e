import { readFqdn } from "./fqdn.ts";
import { OptionCode } from "./options.ts";
import type { DhcpMessage } from "./packet.ts";

/** Names by which machines look for services: a client that could take one would answer for them. */
export const ServiceNames: readonly string[] = ["localhost", "wpad", "isatap"];

/** RFC 1035 §2.3.4. */
const maxLabelBytes = 63;

/** What a client says of its host name. */
export type HostnameWish =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "none" }
  /** It has one and wants no record of it (RFC 4702 §2.1, N). */
  | { readonly kind: "no-record" };

/**
 * The host name that a client asks for, as one DNS label: the FQDN option before the host name (RFC
 * 4702 §3), and its first label only, as the domain is ours to say.
 */
export function readHostnameWish({ options }: DhcpMessage): HostnameWish {
  const fqdn = readFqdn(options.get(OptionCode.fqdn));
  if (fqdn?.noUpdate) return { kind: "no-record" };
  const text = fqdn?.name || Buffer.from(options.get(OptionCode.hostName) ?? []).toString("latin1");
  const name = sanitizeHostname(text);
  return name === undefined ? { kind: "none" } : { kind: "name", name };
}

/** One label of RFC 1123 §2.1 out of whatever was sent: what is no letter or digit becomes a hyphen. */
export function sanitizeHostname(text: string): string | undefined {
  const [first = ""] = text.replace(/\0.*$/s, "").toLowerCase().split(".");
  const label = first.replaceAll(/[^a-z0-9]+/g, "-").replace(/^-+/, "");
  return label.slice(0, maxLabelBytes).replace(/-+$/, "") || undefined;
}
