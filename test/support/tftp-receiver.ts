import type { Clock } from "../../src/runtime/clock.ts";
import { formatPacket, parsePacket, type TftpOption } from "../../src/tftp/packet.ts";

/**
 * A TFTP client written from RFC 1350 and RFC 7440 alone, as the judge of our transfers: it takes
 * blocks in order, acknowledges each window, and a gap or a repeat with the last block it has.
 */
export class TftpReceiver {
  readonly blocks: Uint8Array[] = [];
  done = false;
  readonly #clock: Clock;
  readonly #send: (datagram: Uint8Array) => void;
  #blksize = 512;
  #windowsize = 1;
  #inWindow = 0;
  #last: Uint8Array | undefined;
  #timer: Disposable | undefined;

  constructor(clock: Clock, send: (datagram: Uint8Array) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  /** Asks so many times until something is answered. */
  ask(request: Uint8Array, { tries, everyMs }: { tries: number; everyMs: number }): void {
    this.#send(request);
    const again = { tries: tries - 1, everyMs };
    if (tries > 1) this.#timer = this.#clock.after(everyMs, () => this.ask(request, again));
  }

  receive(datagram: Uint8Array): void {
    const packet = parsePacket(datagram);
    if (packet.kind === "option-ack" && this.blocks.length === 0) this.#agree(packet.options);
    if (packet.kind === "data") this.#take(packet.block, packet.bytes);
  }

  bytes(): Buffer {
    return Buffer.concat(this.blocks);
  }

  #agree(options: readonly TftpOption[]): void {
    const value = (name: string) =>
      Number(options.find((one) => one.name === name)?.value ?? Number.NaN);
    this.#blksize = value("blksize") || 512;
    this.#windowsize = value("windowsize") || 1;
    this.#ack();
  }

  #take(block: number, bytes: Uint8Array): void {
    if (this.done || block !== ((this.blocks.length + 1) & 0xffff)) {
      this.#ack();
      return;
    }
    this.blocks.push(bytes);
    this.#inWindow += 1;
    this.done = bytes.length < this.#blksize;
    if (this.done || this.#inWindow === this.#windowsize) this.#ack();
    else this.#wait();
  }

  #ack(): void {
    this.#inWindow = 0;
    this.#last = formatPacket({ kind: "ack", block: this.blocks.length & 0xffff });
    this.#send(this.#last);
    this.#wait();
  }

  // Clients send their last ACK again when nothing comes: the server must not take that as a
  // question.
  #wait(): void {
    this.#timer?.[Symbol.dispose]();
    if (this.done) return;
    this.#timer = this.#clock.after(3000, () => this.#ack());
  }
}
