import { limitedBroadcast } from "../wire/ipv4.ts";
import { bootFields, type NoBootReason, type OptionEntry } from "./boot-fields.ts";
import { type BootForm, clientQuirks, fixedForm } from "./boot-form.ts";
import { isOfferedType } from "./boot-menu.ts";
import { MessageType, OptionCode } from "./options.ts";
import { afterOffer, afterRequest, nextForm, type Trial } from "./proxy-trial.ts";
import { type Destination, type DhcpReply, destinationOf, formReply } from "./reply.ts";
import type { DhcpRequest } from "./request.ts";
import { isForAnotherServer, type ScreenReason, screenRequest } from "./screen.ts";
import type { DhcpSettings, DhcpSite } from "./settings.ts";
import { formatBootItem } from "./vendor-options.ts";

/** What a decision of the proxyDHCP server looks at besides the message. */
export type ProxyContext = {
  readonly site: DhcpSite;
  readonly settings: ProxySettings;
  /** What this client was offered before, if that is remembered. */
  readonly trial?: Trial | undefined;
  readonly now: number;
};

/** The settings that count for the proxy and the boot server. */
export type ProxySettings = Pick<DhcpSettings, "disabled" | "proxyAnswer" | "quirks" | "menu">;

/** What to do about one message, on either port; `trial` is to be remembered of the client. */
export type ProxyDecision =
  | {
      readonly kind: "reply";
      readonly reason: FormReason | "boot-server";
      readonly reply: DhcpReply;
      readonly trial?: Trial;
    }
  | {
      readonly kind: "ignore";
      readonly reason: ProxyIgnoreReason;
      readonly trial?: Trial;
    };

type FormReason = "form-a" | "form-b" | "form-c" | "form-menu";

/** Why the proxy or the boot server has nothing to say. */
export type ProxyIgnoreReason =
  | ScreenReason
  | NoBootReason
  | "other-server"
  | "address-server"
  | "apple-bsdp"
  | "credentials-asked"
  | "not-for-boot-server"
  | "unknown-boot-item";

/**
 * proxyDHCP on port 67 (PXE 2.1 §2.2.3): boot fields beside another server's address. Addresses are
 * that server's business: no REQUEST is answered but a search for a boot server, where the menu
 * allows it; nothing is ever refused.
 */
export function decideProxy(request: DhcpRequest, context: ProxyContext): ProxyDecision {
  const { settings, site } = context;
  if (isBootServerSearch(request, settings)) return decideBootServer(request, context);
  const screened = screenRequest(request, site, settings.disabled);
  if (screened !== undefined) return { kind: "ignore", reason: screened };
  if (request.client.clientClass === "apple-bsdp") return { kind: "ignore", reason: "apple-bsdp" };
  if (request.type === MessageType.request) {
    return { kind: "ignore", reason: "address-server", ...settled(context) };
  }
  if (request.type !== MessageType.discover) return { kind: "ignore", reason: "address-server" };
  const form = formFor(request, context);
  const boot = bootFields(request.client, site, form);
  if (boot.kind === "none") return { kind: "ignore", reason: boot.reason };
  const relayed = request.message.giaddr !== 0;
  const message = formReply(request, site, {
    type: MessageType.offer,
    boot,
    broadcast: !relayed, // a relay's own flag says how the relay sends it on: that stays as it came
  });
  return {
    kind: "reply",
    reason: FormReasons[form.kind],
    reply: { message, to: destinationOf(message), maxBytes: request.maxBytes },
    ...offered(request, form, context),
  };
}

/**
 * The boot server of PXE 2.1 §2.2.5 on port 4011, in either mode: the file for a client that has
 * its address. EDK2 sends no option 54; one that names another server is that server's.
 */
export function decideBootServer(request: DhcpRequest, context: ProxyContext): ProxyDecision {
  const { site, settings } = context;
  const { bootItem } = request;
  const screened = screenRequest(request, site, settings.disabled);
  if (screened !== undefined) return { kind: "ignore", reason: screened };
  const asks = request.type === MessageType.request || request.type === MessageType.inform;
  if (!asks) return { kind: "ignore", reason: "not-for-boot-server" };
  if (isForAnotherServer(request, site)) return { kind: "ignore", reason: "other-server" };
  // PXE 2.1 §2.4: the layer's top bit asks for credentials of the file, which nobody here signs.
  if (bootItem && bootItem.layer >= 0x8000) return { kind: "ignore", reason: "credentials-asked" };
  if (bootItem && !isOfferedType(bootItem.type, settings.menu)) {
    return { kind: "ignore", reason: "unknown-boot-item" };
  }
  const fixed = fixedForm(request.client, settings);
  const form: BootForm = fixed?.kind === "raspberry-pi" ? fixed : { kind: "direct" };
  const boot = bootFields(request.client, site, form);
  if (boot.kind === "none") return { kind: "ignore", reason: boot.reason };
  const options = withBootItem(boot.options, bootItem);
  const type = MessageType.ack;
  const message = formReply(request, site, { type, boot: { ...boot, options } });
  const reply = { message, to: bootServerDestination(request), maxBytes: request.maxBytes };
  return { kind: "reply", reason: "boot-server", reply, ...settled(context) };
}

/**
 * A client of our menu that looks for its item's server by broadcast on port 67 (PXE 2.1 §2.2.4),
 * in either mode; the same REQUEST without an allowance is the address server's.
 */
export function isBootServerSearch(
  { type, bootItem, message }: DhcpRequest,
  { menu }: Pick<DhcpSettings, "menu">,
): boolean {
  const allowed = menu?.broadcast === true && bootItem !== undefined;
  return allowed && type === MessageType.request && message.ciaddr !== 0;
}

const FormReasons: Readonly<Record<BootForm["kind"], FormReason>> = {
  direct: "form-a",
  unmarked: "form-a", // of a full server only: without option 60 an offer is no proxy's
  "ask-4011": "form-b",
  "raspberry-pi": "form-c",
  menu: "form-menu",
};

// BIOS and iPXE take form A. UEFI may be of the kind that takes only form B, and shows it by coming
// back.
function formFor(request: DhcpRequest, context: ProxyContext): BootForm {
  const { client } = request;
  const { settings, trial, now } = context;
  const fixed = fixedForm(client, settings);
  if (fixed !== undefined) return fixed;
  const isPxe = client.stage.kind === "firmware" && client.stage.client === "pxe";
  if (!isPxe || settings.proxyAnswer === "direct") return { kind: "direct" };
  const { effects } = clientQuirks(client, settings);
  if (effects.has("form-a-only")) return { kind: "direct" };
  if (settings.proxyAnswer === "boot-server") return { kind: "ask-4011" };
  if (client.arch?.firmware !== "efi") return { kind: "direct" };
  return { kind: nextForm(trial, effects.has("form-b-first") ? "ask-4011" : "direct", now) };
}

// Only firmware is on trial: iPXE asks again and again by itself, and that it asks is a sign of life.
function offered(
  { client }: DhcpRequest,
  form: BootForm,
  context: ProxyContext,
): { readonly trial?: Trial } {
  if (client.stage.kind !== "firmware") return settled(context);
  const shown = form.kind === "ask-4011" ? "ask-4011" : "direct";
  return { trial: afterOffer(context.trial, shown, context.now) };
}

function settled({ trial }: ProxyContext): { readonly trial?: Trial } {
  return trial === undefined ? {} : { trial: afterRequest(trial) };
}

// Replaces 43: the client that chose an item of a menu waits to see the same item in the answer.
function withBootItem(
  options: readonly OptionEntry[],
  item: DhcpRequest["bootItem"],
): readonly OptionEntry[] {
  if (item === undefined) return options;
  const echo: OptionEntry = [OptionCode.vendorSpecific, formatBootItem(item)];
  return options.map((option) => (option[0] === OptionCode.vendorSpecific ? echo : option));
}

// EDK2 asks from 4011 and hears on 4011, iPXE asks from 68; both have their address by now, and the
// broadcast flag that iPXE still sets means nothing here.
function bootServerDestination({ message }: DhcpRequest): Destination {
  if (message.ciaddr === 0) return { address: limitedBroadcast, port: "client" };
  return { address: message.ciaddr, port: "same-as-sender" };
}
