import { type Ipv4Address, parseIpv4 } from "../wire/ipv4.ts";
import { parseSubnet, subnetContains } from "../wire/subnet.ts";
import { type Question, RCode } from "./message.ts";
import { type DnsName, isWithin, joinLabels } from "./name.ts";

/** What became of a question about a name that is not ours. */
export type ForwardReason =
  | "forwarded"
  | "cached"
  | "single-label"
  | "private-reverse"
  | "special-name"
  | "any-not-forwarded"
  | "private-answer"
  | "upstreams-failed"
  | "forwarder-busy";

export type ForwardRule =
  | { readonly kind: "forward" }
  | { readonly kind: "answer"; readonly reason: ForwardReason; readonly rcode: RCode };

/** Networks that no public name server knows anything of (RFC 1918, 6598, 3927, 1122). */
const PrivateNets = [
  ...["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"],
  ...["169.254.0.0/16", "127.0.0.0/8", "0.0.0.0/8"],
].map(parseSubnet);

/** Names that mean something here or nowhere: RFC 6761, 6762, 7686, 9476. */
const SpecialZones = ["localhost", "local", "invalid", "onion", "alt"].map((label) =>
  joinLabels([label]),
);

/** May this question leave the house? */
export function decideForward({ name, type }: Question): ForwardRule {
  if (type === "ANY") return answer("any-not-forwarded", RCode.refused);
  if (SpecialZones.some((zone) => isWithin(name, zone))) {
    return answer("special-name", RCode.nameError);
  }
  if (name !== "" && !name.includes(".")) return answer("single-label", RCode.nameError);
  const isPrivate = isPrivateReverse(name);
  return isPrivate ? answer("private-reverse", RCode.nameError) : { kind: "forward" };
}

/** True for an address that only a name server of this site may give out. */
export function isPrivateAddress(address: Ipv4Address): boolean {
  return PrivateNets.some((net) => subnetContains(net, address));
}

// `5.0.77.10.in-addr.arpa`, and `77.10.in-addr.arpa` just as well.
function isPrivateReverse(name: DnsName): boolean {
  const found = /^((?:\d{1,3}\.){1,4})in-addr\.arpa$/.exec(name);
  if (found === null) return false;
  const octets = (found[1] ?? "").split(".").slice(0, -1).reverse();
  if (octets.some((octet) => Number(octet) > 255)) return false;
  const whole = [...octets, "0", "0", "0"].slice(0, 4).map(Number);
  return isPrivateAddress(parseIpv4(whole.join(".")));
}

function answer(reason: ForwardReason, rcode: RCode): ForwardRule {
  return { kind: "answer", reason, rcode };
}
