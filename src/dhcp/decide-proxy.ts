import { limitedBroadcast } from "../wire/ipv4.ts";
import type { MacAddress } from "../wire/mac.ts";
import { type BootForm, bootFields, type NoBootReason, type OptionEntry } from "./boot-fields.ts";
import { MessageType, OptionCode } from "./options.ts";
import type { Attempt, AttemptChange } from "./proxy-memory.ts";
import { type Destination, type DhcpReply, destinationOf, formReply } from "./reply.ts";
import type { DhcpRequest } from "./request.ts";
import { isForAnotherServer, type ScreenReason, screenRequest } from "./screen.ts";
import type { DhcpSite, ProxyAnswer } from "./settings.ts";

/** What a decision of the proxyDHCP server looks at besides the message. */
export type ProxyContext = {
  readonly site: DhcpSite;
  readonly disabled: ReadonlySet<MacAddress>;
  readonly answer: ProxyAnswer;
  /** What this client was answered before, if that is remembered. */
  readonly attempt?: Attempt | undefined;
  readonly now: number;
};

/** What to do about one message, on either port; `change` is about the memory of answers. */
export type ProxyDecision =
  | {
      readonly kind: "reply";
      readonly reason: "form-a" | "form-b" | "boot-server";
      readonly reply: DhcpReply;
      readonly change?: AttemptChange;
    }
  | {
      readonly kind: "ignore";
      readonly reason: ProxyIgnoreReason;
      readonly change?: AttemptChange;
    };

type ProxyIgnoreReason =
  | ScreenReason
  | NoBootReason
  | "other-server"
  | "address-server"
  | "credentials-asked"
  | "not-for-boot-server";

/**
 * A client that comes again within this time, without a REQUEST between, did not like the answer.
 */
const secondTryMs = 60_000;

/**
 * proxyDHCP on port 67 (PXE 2.1 §2.2.3): boot fields beside another server's address. Addresses are
 * that server's business: no REQUEST is answered, nothing is ever refused.
 */
export function decideProxy(request: DhcpRequest, context: ProxyContext): ProxyDecision {
  const screened = screenRequest(request, context.site, context.disabled);
  if (screened !== undefined) return { kind: "ignore", reason: screened };
  if (request.type === MessageType.request) {
    // The client went on, so it liked an offer: its next start begins with form A again.
    return { kind: "ignore", reason: "address-server", ...settled(request, context) };
  }
  if (request.type !== MessageType.discover) return { kind: "ignore", reason: "address-server" };
  const form = formFor(request, context);
  const boot = bootFields(request.client, context.site, form);
  if (boot.kind === "none") return { kind: "ignore", reason: boot.reason };
  const relayed = request.message.giaddr !== 0;
  const message = formReply(request, context.site, {
    type: MessageType.offer,
    boot,
    broadcast: !relayed, // a relay's own flag says how the relay sends it on: that stays as it came
  });
  return {
    kind: "reply",
    reason: form === "direct" ? "form-a" : "form-b",
    reply: { message, to: destinationOf(message), maxBytes: request.maxBytes },
    change: { kind: "answered", key: request.key, attempt: { form, at: context.now } },
  };
}

/**
 * The boot server of PXE 2.1 §2.2.5 on port 4011, in either mode: the file for a client that has
 * its address. EDK2 sends no option 54; one that names another server is that server's.
 */
export function decideBootServer(request: DhcpRequest, context: ProxyContext): ProxyDecision {
  const { site } = context;
  const screened = screenRequest(request, site, context.disabled);
  if (screened !== undefined) return { kind: "ignore", reason: screened };
  const asks = request.type === MessageType.request || request.type === MessageType.inform;
  if (!asks) return { kind: "ignore", reason: "not-for-boot-server" };
  if (isForAnotherServer(request, site)) return { kind: "ignore", reason: "other-server" };
  // PXE 2.1 §2.4: the layer's top bit asks for credentials of the file, which nobody here signs.
  if (request.bootItem && request.bootItem.layer >= 0x8000) {
    return { kind: "ignore", reason: "credentials-asked" };
  }
  const boot = bootFields(request.client, site, "direct");
  if (boot.kind === "none") return { kind: "ignore", reason: boot.reason };
  const options = withBootItem(boot.options, request.bootItem);
  const type = MessageType.ack;
  const message = formReply(request, site, { type, boot: { ...boot, options } });
  const reply = { message, to: bootServerDestination(request), maxBytes: request.maxBytes };
  return { kind: "reply", reason: "boot-server", reply, ...settled(request, context) };
}

// BIOS and iPXE take form A. UEFI may be of the kind that takes only form B, and shows it by coming
// back; it keeps B then, as it would refuse A again.
function formFor({ client }: DhcpRequest, { answer, attempt, now }: ProxyContext): BootForm {
  const isPxe = client.stage.kind === "firmware" && client.stage.client === "pxe";
  if (!isPxe || answer === "direct") return "direct";
  if (answer === "boot-server") return "ask-4011";
  const cameBack = attempt !== undefined && now - attempt.at <= secondTryMs;
  return client.arch?.firmware === "efi" && cameBack ? "ask-4011" : "direct";
}

function settled(request: DhcpRequest, context: ProxyContext): { readonly change?: AttemptChange } {
  return context.attempt ? { change: { kind: "settled", key: request.key } } : {};
}

// Replaces 43: the client that chose an item of a menu waits to see the same item in the answer.
function withBootItem(
  options: readonly OptionEntry[],
  item: DhcpRequest["bootItem"],
): readonly OptionEntry[] {
  if (item === undefined) return options;
  const echo = Buffer.of(
    71,
    4,
    item.type >> 8,
    item.type & 255,
    item.layer >> 8,
    item.layer & 255,
    255,
  );
  const others = options.filter(([code]) => code !== OptionCode.vendorSpecific);
  return [...others, [OptionCode.vendorSpecific, echo]];
}

// EDK2 asks from 4011 and hears on 4011, iPXE asks from 68; both have their address by now, and the
// broadcast flag that iPXE still sets means nothing here.
function bootServerDestination({ message }: DhcpRequest): Destination {
  if (message.ciaddr === 0) return { address: limitedBroadcast, port: "client" };
  return { address: message.ciaddr, port: "same-as-sender" };
}
