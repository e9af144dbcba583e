import type { BootEvent, BootFact, EventSink } from "../boot/event.ts";
import type { FindingSink } from "../boot/finding.ts";
import { lackedFeatures } from "../boot/next-stage.ts";
import type { WireError } from "../errors.ts";
import type { Log } from "../runtime/log.ts";
import { formatIpv4, type Ipv4Address } from "../wire/ipv4.ts";
import { clientQuirks } from "./boot-form.ts";
import type { LinkModes } from "./link-modes.ts";
import { MessageType, OptionCode } from "./options.ts";
import { type DhcpMessage, droppedOptions } from "./packet.ts";
import { readProbe } from "./probe-packet.ts";
import { describeQuirks } from "./proxy-findings.ts";
import { explainSilence, type SilenceReason } from "./reasons.ts";
import { type DhcpReply, nameOfType } from "./reply.ts";
import type { DhcpRequest } from "./request.ts";
import type { DhcpSettings } from "./settings.ts";

/** Where a message was heard, as its lines and events say it. */
export type ReportedPort = {
  readonly device: string;
  readonly service: 67 | 4011;
  readonly log: Log;
};

/** What a reply left by, and the settings that made it. */
type Sending = { readonly port: ReportedPort; readonly settings: DhcpSettings };

type ReportDeps = {
  readonly links: LinkModes;
  readonly publish: EventSink;
  readonly findings: FindingSink;
};

/** A reply and why it is given. */
export type ReportedReply = { readonly reason: string; readonly reply: DhcpReply };

/**
 * What becomes of each message, told three ways: one line in the log, boot events for what was heard
 * and said, and a count for what got no answer.
 */
export class DhcpReport {
  readonly #deps: ReportDeps;
  readonly counts = new Map<string, number>();

  constructor(deps: ReportDeps) {
    this.#deps = deps;
  }

  heard(request: DhcpRequest, port: ReportedPort): void {
    this.#publish(request, port, { direction: "in", message: nameOfType(request.type) });
  }

  sent({ reply, reason }: ReportedReply, request: DhcpRequest, { port, settings }: Sending): void {
    const { message, maxBytes } = reply;
    const dropped = droppedOptions(message, maxBytes);
    const { client, key } = request;
    const quirks = clientQuirks(client, settings);
    const quirked = quirks.names.length > 0;
    const type = nameOfType(message.options.get(OptionCode.messageType)?.[0]);
    const { yiaddr, file } = message;
    const address = type === "ack" ? addressGiven(message) : 0;
    this.#publish(request, port, {
      direction: "out",
      message: type,
      reason,
      ...(file !== "" && { file }),
      ...(address !== 0 && { address }),
    });
    port.log.info("dhcp decision", {
      ...fieldsOf(request, port),
      decision: type,
      reason,
      ...(yiaddr !== 0 && { address: formatIpv4(yiaddr) }),
      ...(file !== "" && { file }),
      ...(dropped.length > 0 && { dropped }),
      to: formatIpv4(reply.to.address),
      ...(quirked && { quirks: quirks.names }),
    });
    if (quirked) this.#deps.findings.raise(describeQuirks(client, key, quirks));
  }

  recorded(reason: string, request: DhcpRequest, port: ReportedPort): void {
    port.log.info("dhcp decision", { ...fieldsOf(request, port), decision: "record", reason });
  }

  ignored(reason: SilenceReason, port: ReportedPort, request?: DhcpRequest): void {
    this.#count(reason);
    const fields = request ? fieldsOf(request, port) : { port: port.service };
    const why = explainSilence(reason, request);
    port.log.debug("dhcp decision", { ...fields, decision: "ignore", reason, why });
  }

  malformed(error: WireError, port: ReportedPort): void {
    this.#count(`malformed ${String(error.details["field"])}`);
    port.log.debug("dhcp message malformed", { port: port.service, error: error.message });
  }

  /** A bug: it costs this message and nothing else. */
  failed(error: unknown, from: Ipv4Address, port: ReportedPort): void {
    const cause = error instanceof Error ? { error: error.message, stack: error.stack } : { error };
    port.log.error("dhcp message failed", { peer: formatIpv4(from), ...cause });
  }

  #count(reason: string): void {
    this.counts.set(reason, (this.counts.get(reason) ?? 0) + 1);
  }

  #publish(request: DhcpRequest, port: ReportedPort, part: PublishedPart): void {
    if (readProbe(request.message)) return; // no machine
    const { identity, stage, arch } = request.client;
    const seen = part.direction === "in" ? this.#addressSeen(request, port) : undefined;
    this.#deps.publish({
      kind: "dhcp",
      port: port.service,
      stage: stage.kind,
      ...(identity.mac && { mac: identity.mac }),
      ...(arch && { arch: arch.name }),
      ...(stage.kind === "ipxe" && { lacks: lackedFeatures(stage.features, arch) }),
      ...(stage.kind === "ipxe" && stage.nic && { nic: stage.nic }),
      ...(seen && { address: seen }),
      ...part,
    });
  }

  // Beside another server, a client's REQUEST is the only sight of the address that it gets. In
  // full mode our ACK says it, and what a client merely asks for is not yet its own.
  #addressSeen(request: DhcpRequest, port: ReportedPort): Ipv4Address | undefined {
    if (this.#deps.links.modeOf(port.device) === "full") return undefined;
    const { type, requested, message } = request;
    const asked = type === MessageType.request ? requested : undefined;
    return asked ?? (message.ciaddr || undefined);
  }
}

type PublishedPart = Pick<BootEvent, "address"> &
  Pick<Extract<BootFact, { kind: "dhcp" }>, "direction" | "message" | "reason" | "file">;

function addressGiven({ yiaddr, ciaddr }: DhcpMessage): Ipv4Address {
  return yiaddr || ciaddr; // an INFORM's client has its own
}

function fieldsOf({ key, client, type }: DhcpRequest, port: ReportedPort): Record<string, unknown> {
  return {
    mac: key,
    message: nameOfType(type),
    port: port.service,
    class: client.clientClass,
    ...(client.arch && { arch: client.arch.name }),
  };
}
