import type { Ipv4Address } from "../wire/ipv4.ts";
import { bootFields, type OptionEntry } from "./boot-fields.ts";
import { clientQuirks, fullForm } from "./boot-form.ts";
import { overrideBoot } from "./boot-override.ts";
import type { ClientContext } from "./client-context.ts";
import { formatFqdn, readFqdn } from "./fqdn.ts";
import { timeOptions } from "./grant.ts";
import type { Lease } from "./lease.ts";
import { linkOptions } from "./link-options.ts";
import { MessageType, OptionCode } from "./options.ts";
import { type DhcpReply, destinationOf, formReply } from "./reply.ts";
import type { DhcpRequest } from "./request.ts";

/** The OFFER or ACK of a lease. */
export function formGrant(
  type: MessageType,
  lease: Lease,
  request: DhcpRequest,
  context: ClientContext,
): DhcpReply {
  const { renewalSpread = 0 } = context.settings;
  // A client draws a new xid for each exchange: chance enough to spread renewals by.
  const early = (renewalSpread * (request.message.xid & 0xffff)) / 0x1_0000;
  const options = [
    ...timeOptions(lease, context.now, early),
    ...fqdnOption(lease, request, context),
  ];
  // RFC 4039 §3: the ACK of a DISCOVER says that it is one.
  const committed = type === MessageType.ack && request.type === MessageType.discover;
  if (committed) options.push([OptionCode.rapidCommit, new Uint8Array()]);
  return formConfiguration({ type, yiaddr: lease.address, options }, request, context);
}

/** The ACK of an INFORM: RFC 2131 §4.3.5 wants no lease times and no yiaddr in it. */
export function formInformed(request: DhcpRequest, context: ClientContext): DhcpReply {
  return formConfiguration({ type: MessageType.ack, options: [] }, request, context);
}

// iPXE waits 2 s for a proxyDHCP server unless it is told that there is none (175.176 = 1).
const noProxy = Buffer.of(0xb0, 1, 1);

function formConfiguration(
  parts: { type: MessageType; yiaddr?: Ipv4Address; options: readonly OptionEntry[] },
  request: DhcpRequest,
  context: ClientContext,
): DhcpReply {
  const { type, options: own, ...addressed } = parts;
  const { stage } = request.client;
  const found = bootFields(
    request.client,
    context.site,
    fullForm(request.client, context.settings),
  );
  const fields = found.kind === "boot" ? found : undefined;
  const boot = stage.kind === "firmware" ? overrideBoot(fields, context.layers) : fields;
  const options: OptionEntry[] = [...own, ...linkOptions(request, context)];
  options.push(...echoedClientId(request, context));
  if (stage.kind === "ipxe") options.push([OptionCode.ipxe, noProxy]);
  const message = formReply(request, context.site, { type, ...addressed, boot, options });
  return { message, to: destinationOf(message), maxBytes: request.maxBytes };
}

/** RFC 6842 §3: echoed in every reply, NAK too. */
export function echoedClientId(
  request: DhcpRequest,
  { settings }: ClientContext,
): readonly OptionEntry[] {
  if (clientQuirks(request.client, settings).effects.has("no-client-id-echo")) return [];
  const value = request.message.options.get(OptionCode.clientId);
  return value === undefined ? [] : [[OptionCode.clientId, value]];
}

/** RFC 1035 §2.3.4, less the root. */
const maxNameBytes = 253;

// RFC 4702 §4: answered where it was sent, and not otherwise.
function fqdnOption(
  { hostname }: Lease,
  { message }: DhcpRequest,
  { scope }: ClientContext,
): readonly OptionEntry[] {
  const asked = readFqdn(message.options.get(OptionCode.fqdn));
  if (asked === undefined) return [];
  const name = [hostname, scope.domain].filter((part) => part !== undefined).join(".");
  const fits = hostname !== undefined && name.length <= maxNameBytes;
  return [[OptionCode.fqdn, formatFqdn(asked, fits ? name : undefined)]];
}
