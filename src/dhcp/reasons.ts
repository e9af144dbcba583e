import { explainRefusal } from "../boot/firmware-refusals.ts";
import type { ProxyIgnoreReason } from "./decide-proxy.ts";
import type { IgnoreReason } from "./decision.ts";
import type { KeepingRefusal } from "./lease-keeper.ts";
import type { DhcpRequest, UnreadReason } from "./request.ts";

/** Every reason for which a sound packet gets no answer. */
export type SilenceReason =
  | IgnoreReason
  | ProxyIgnoreReason
  | UnreadReason
  | WatchReason
  | KeepingRefusal
  | OvertakenReason;

/** Why the watch over a link keeps a message from being answered. */
type WatchReason = "own-probe" | "probing";

/** Why an answer that waited for the disk did not leave. */
type OvertakenReason = "lease-ended";

/** The reasons in words, as docs/dhcp.md has them too. */
export const Silences: Readonly<Record<SilenceReason, string>> = {
  "address-server": "addresses are the other DHCP server's business in proxy mode",
  "apple-bsdp": "Macs boot by Apple's BSDP, which is not served; Apple silicon boots by no network",
  bootp: "it is BOOTP: it holds no DHCP message type",
  "credentials-asked": "it asks for the boot file's credentials, which nobody here signs",
  "lease-ended": "the machine gave the lease back before it was on disk",
  "machine-disabled": "dhcp.disabled names this machine, so it goes on to its next boot entry",
  "no-address": "it names no address",
  "no-loader": "no loader is served for its architecture",
  "not-a-request": "it is a reply, which only servers send",
  "not-ethernet": "its hardware address is not Ethernet's",
  "not-for-boot-server": "port 4011 answers REQUEST and INFORM only",
  "not-for-servers": "it is a message that only clients take",
  "not-netboot": "it is an operating system's, which boots nothing by the network",
  "no-reservation": "BOOTP gives reserved addresses only, and this machine has none",
  "not-the-holder": "the lease it gives back is not its own, or not running",
  "other-server": "its option 54 names another server",
  "own-probe": "it is this daemon's own question who else is there",
  "pool-exhausted": "no address is free",
  probing: "it is not known yet whether another DHCP server gives addresses here",
  "relay-loop": "its giaddr is our own address: forged, or come round",
  "store-busy": "the disk is behind by more leases than may wait for it; the client asks again",
  "store-unusable": "leases cannot be written, so nothing new is given; known machines renew",
  "too-many-new-machines": "many machines never seen before ask, and it is one of them",
  "unknown-architecture": "its option 93 names no architecture of the IANA registry",
  "unknown-boot-item":
    "it asks for a boot item that our menu does not have, or has of another server",
  "unknown-lease": "it renews a lease that is not known here, and another server may have given it",
  "unknown-subnet": "the subnet that it is on, by its relay, is not served",
  "unsupported-type": "its DHCP message type is none of RFC 2131's",
  "wrong-subnet": "its address is not of the subnet that it is on",
};

/** Why this message got no answer, in words an operator can act on. */
export function explainSilence(reason: SilenceReason, request?: DhcpRequest): string {
  const arch = request?.client.arch;
  const refusal = reason === "no-loader" && arch ? explainRefusal(arch) : undefined;
  return refusal ?? Silences[reason];
}
