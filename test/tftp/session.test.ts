import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { parsePacket, type TftpPacket } from "../../src/tftp/packet.ts";
import { Session } from "../../src/tftp/session.ts";
import { FakeClock } from "../support/fake-clock.ts";

/** A session of a 100-block file with the granted window, what it sent and how it ended. */
function open(
  windowsize: number,
  failAt = Number.POSITIVE_INFINITY,
  timeOfDay = (now: number) => now,
) {
  const clock = new FakeClock();
  const sent: TftpPacket[] = [];
  const ends: { outcome: string; cause: unknown }[] = [];
  const bytes = Buffer.alloc(800);
  const granted = [{ name: "windowsize", value: String(windowsize) }];
  const session = new Session({
    clock: { now: () => timeOfDay(clock.now()), after: clock.after },
    bytes,
    plan: { size: bytes.length, requestBytes: 14, terms: { blksize: 8, windowsize, granted } },
    send: (datagram) => {
      if (sent.length >= failAt) throw new Error("socket is gone");
      sent.push(parsePacket(datagram));
    },
    ended: (_, outcome, cause) =>
      ends.push({ outcome: `${outcome.kind} ${outcome.reason}`, cause }),
  });
  return { clock, sent, ends, session };
}

describe("Session", () => {
  it("sends a window in bursts with room for others between them", async () => {
    const { sent, session } = open(64);
    session.receive({ kind: "ack", block: 0 });
    expect(sent).toHaveLength(1 + 16);
    for (let turns = 0; turns < 5; turns += 1) await nextTurn();
    expect(sent).toHaveLength(1 + 64);
  });

  it("sends again when its wait runs out and ends when the client stays silent", () => {
    const { clock, sent, ends } = open(4);
    clock.step(1000);
    expect(sent).toHaveLength(2);
    clock.step(60_000);
    expect(ends).toEqual([{ outcome: "failed client-silent", cause: undefined }]);
    expect(sent).toHaveLength(2); // 16 bytes of OACK for a request of 14
  });

  it("waits from the last progress on, with one timer", () => {
    const { clock, sent, session } = open(1);
    clock.step(900);
    session.receive({ kind: "ack", block: 0 });
    clock.step(900);
    session.receive({ kind: "ack", block: 1 });
    clock.step(999);
    expect(sent).toHaveLength(3);
    clock.step(1);
    expect(sent.slice(2)).toMatchObject([{ block: 2 }, { block: 2 }]);
  });

  it("waits no longer because the time of day was set back", () => {
    let shift = 0;
    const { clock, sent, session } = open(1, undefined, (now) => now - shift);
    session.receive({ kind: "ack", block: 0 });
    shift = 3_600_000;
    clock.step(1000);
    expect(sent).toHaveLength(3);
  });

  it("waits awake for a client that answers at once, and for no other", () => {
    const clock = new FakeClock();
    let elapsed = 0;
    let stays = 0;
    const session = new Session({
      clock: { now: clock.now, after: clock.after, monotonic: () => elapsed },
      bytes: Buffer.alloc(800),
      plan: { size: 800, requestBytes: 14, terms: { blksize: 8, windowsize: 1, granted: [] } },
      send: () => {},
      stayAwake: () => (stays += 1),
      ended: () => {},
    });
    const told = [0.1, 5, 0.1, 0.1, 0.3].map((ms, at) => {
      elapsed += ms;
      const before = stays;
      session.receive({ kind: "ack", block: at + 1 });
      return stays - before;
    });
    expect(told).toEqual([1, 0, 1, 1, 0]);
  });

  it("takes nothing and sends nothing once it ended", () => {
    const { clock, sent, ends, session } = open(4);
    session.receive({ kind: "error", code: 8, message: "User aborted the transfer" });
    session.receive({ kind: "ack", block: 0 });
    session.end({ kind: "failed", reason: "server-stopping" });
    clock.step(60_000);
    expect(sent).toHaveLength(1);
    const cause = "8 User aborted the transfer";
    expect(ends).toEqual([{ outcome: "probe aborted-after-option-ack", cause }]);
  });

  it("pays for a bug with this transfer only", () => {
    const { ends, session } = open(4, 2);
    session.receive({ kind: "ack", block: 0 });
    expect(ends).toMatchObject([
      { outcome: "failed internal-error", cause: { message: "socket is gone" } },
    ]);
  });
});
