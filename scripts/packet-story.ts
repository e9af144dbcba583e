import { OptionCode } from "../src/dhcp/options.ts";
import { OpCode, parseDhcp } from "../src/dhcp/packet.ts";
import { identifyDhcp } from "../src/dhcp/pxe.ts";
import { nameOfType } from "../src/dhcp/reply.ts";
import { parseMessage } from "../src/dns/message.ts";
import { WireError } from "../src/errors.ts";
import type { CapturedFrame } from "../src/lab/pcap.ts";
import { parsePacket, type TftpOption, type TftpPacket } from "../src/tftp/packet.ts";
import { formatIpv4 } from "../src/wire/ipv4.ts";
import { type Captured, type Endpoint, type Packet, readFrame } from "./captured-packet.ts";
import { describeOptions } from "./dhcp-option-text.ts";

const width = 100;
const indent = " ".repeat(9);

/** The packets of a capture in words, a paragraph each; the last line counts what is not told. */
export function tellPackets(frames: readonly CapturedFrame[]): readonly string[] {
  const story = new Story();
  for (const frame of frames) story.hear(readOrName(frame));
  return story.end();
}

function readOrName(frame: CapturedFrame): Captured {
  try {
    return readFrame(frame);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { kind: "other", name: "frames cut short" };
  }
}

/** A transfer's DATA and ACK packets since something else was told. */
type Run = { first: number; last: number; bytes: number; acks: number; readonly packet: Packet };

class Story {
  readonly #lines: string[] = [];
  readonly #untold = new Map<string, number>();
  /** Client ends that sent a read request: what passes there is TFTP, whatever the port. */
  readonly #clients = new Map<string, Run | undefined>();
  #startedAt: number | undefined;

  hear(captured: Captured): void {
    if (captured.kind === "other") {
      this.#count(captured.name);
      return;
    }
    const { packet } = captured;
    const words = this.#wordsOf(packet);
    if (words === undefined) return;
    this.#endRuns();
    this.#tell(packet, words);
  }

  end(): readonly string[] {
    this.#endRuns();
    const counts = [...this.#untold].map(([name, count]) => `${count} ${name}`);
    return [...this.#lines, ...(counts.length === 0 ? [] : ["", `not told: ${counts.join(", ")}`])];
  }

  // Headline first, then what stands below it. Nothing: the packet was counted or joined a run.
  #wordsOf(packet: Packet): readonly string[] | undefined {
    const { protocol, from, to, payload } = packet;
    const ports = [from.port, to.port];
    try {
      if (protocol === "tcp") return tellHttp(payload) ?? this.#count("TCP segments");
      if (ports.some((port) => [67, 68, 4011].includes(port))) return tellDhcp(payload);
      if (ports.includes(53)) return tellDns(payload);
      if (to.port === 69) this.#clients.set(nameOf(from), undefined);
      const client = [from, to].map(nameOf).find((end) => this.#clients.has(end));
      if (client === undefined) return this.#count("other UDP");
      return this.#hearTftp(client, parsePacket(payload), packet);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      return [`malformed: ${error.message}`];
    }
  }

  #hearTftp(client: string, tftp: TftpPacket, packet: Packet): readonly string[] | undefined {
    if (tftp.kind !== "data" && tftp.kind !== "ack") return tellTftp(tftp);
    const run = this.#clients.get(client);
    if (tftp.kind === "ack" && run === undefined) return [`ACK ${tftp.block}`];
    const { block } = tftp;
    const grown = run ?? { first: block, last: block, bytes: 0, acks: 0, packet };
    if (tftp.kind === "ack") grown.acks += 1;
    else {
      grown.last = block;
      grown.bytes += tftp.bytes.length;
    }
    this.#clients.set(client, grown);
    return undefined;
  }

  #endRuns(): void {
    for (const [client, run] of this.#clients) {
      if (run === undefined) continue;
      this.#clients.set(client, undefined);
      const { first, last, bytes, acks, packet } = run;
      this.#tell(packet, [`DATA ${first} to ${last}, ${bytes} bytes; ${acks} ACKs back`]);
    }
  }

  #tell({ at, from, to }: Packet, [headline = "", ...below]: readonly string[]): void {
    this.#startedAt ??= at;
    const time = ((at - this.#startedAt) / 1000).toFixed(3).padStart(7);
    const ends = `${nameOf(from)} > ${nameOf(to)}`;
    const line = `${time}  ${ends.padEnd(36)} ${headline}`;
    const [next = ""] = below;
    const joined = `${line} ${next}`.trimEnd();
    if (joined.length <= width) this.#lines.push(joined, ...below.slice(1).flatMap(wrap));
    else this.#lines.push(line, ...below.flatMap(wrap));
  }

  #count(name: string): undefined {
    this.#untold.set(name, (this.#untold.get(name) ?? 0) + 1);
  }
}

function nameOf({ address, port }: Endpoint): string {
  return `${address}:${port}`;
}

function tellDhcp(payload: Uint8Array): readonly string[] {
  const message = parseDhcp(payload);
  const name = nameOfType(message.options.get(OptionCode.messageType)?.[0]).toUpperCase();
  const options = describeOptions(message.options);
  if (message.op === OpCode.request) {
    const { stage, arch } = identifyDhcp(message);
    return [[name, "of", stage.kind, arch && `(${arch.name})`].filter(Boolean).join(" "), options];
  }
  const { yiaddr, siaddr, file } = message;
  const fields = [
    yiaddr !== 0 && `yiaddr ${formatIpv4(yiaddr)}`,
    siaddr !== 0 && `siaddr ${formatIpv4(siaddr)}`,
    file !== "" && `file ${file}`,
  ];
  return [name, fields.filter(Boolean).join(", "), options].filter((line) => line !== "");
}

function tellTftp(packet: TftpPacket): readonly string[] {
  switch (packet.kind) {
    case "read-request":
      return ["RRQ", `${packet.name} ${packet.mode}${listOf(packet.options)}`];
    case "write-request":
      return ["WRQ", packet.name];
    case "option-ack":
      return [`OACK${listOf(packet.options)}`];
    case "error":
      return [`ERROR ${packet.code} "${packet.message}"`];
    case "data":
      return [`DATA ${packet.block}`];
    case "ack":
      return [`ACK ${packet.block}`];
  }
}

function listOf(options: readonly TftpOption[]): string {
  return options.map(({ name, value }) => ` ${name}=${value}`).join("");
}

function tellHttp(payload: Uint8Array): readonly string[] | undefined {
  const [head = ""] = Buffer.from(payload).toString("latin1").split("\r\n\r\n", 1);
  const request = /^([A-Z]+ \S+) HTTP\/1\.[01](?:\r\n|$)/.exec(head);
  if (request) return ["HTTP", request[1] ?? ""];
  const response = /^HTTP\/1\.[01] (\d{3})/.exec(head);
  if (!response) return undefined;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  return [`HTTP ${response[1]}${length === undefined ? "" : `, ${length} bytes`}`];
}

// Our parser reads questions only; of an answer the header says enough (RFC 1035 §4.1.1).
function tellDns(payload: Uint8Array): readonly string[] {
  const view = Buffer.from(payload);
  if (view.length >= 12 && view.readUInt8(2) >= 0x80) {
    return [`DNS answer, rcode ${view.readUInt8(3) & 15}, ${view.readUInt16BE(6)} records`];
  }
  const message = parseMessage(payload);
  if (message.kind !== "query") return [`DNS ${message.kind}`];
  return [`DNS ${message.question.type} ${message.question.name || "."}`];
}

// At blanks and before "&": an option or a label stays in one piece, however long it is.
function wrap(text: string): readonly string[] {
  const lines: string[] = [];
  let line = indent;
  for (const piece of text.split(/(?<= )|(?=&)/)) {
    if (line !== indent && (line + piece).trimEnd().length > width) {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += piece;
  }
  return [...lines, line];
}
