import { describe, expect, it } from "vitest";
import { Session } from "../../src/tftp/session.ts";
import { type Slot, TransferTable } from "../../src/tftp/transfer-table.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { FakeNetwork } from "../support/fake-udp.ts";

const request = { kind: "read-request", name: "x", mode: "octet", options: [] } as const;
const address = parseIpv4("10.0.0.9");
const socket = await new FakeNetwork().open({ address: parseIpv4("10.0.0.1"), port: 69 });

/** A slot that began at `at`; with a session that sent block 1, unless its file is being looked up. */
function slotOf(port: number, at: number, isRunning = true): Slot {
  const ask = { request, text: "", peer: { address, port }, socket, link: { address }, at };
  if (!isRunning) return { ask };
  const terms = { blksize: 512, windowsize: 1, granted: [] };
  const plan = { size: 600, requestBytes: 14, terms };
  const [clock, bytes] = [new FakeClock(), Buffer.alloc(600)];
  return { ask, session: new Session({ clock, bytes, plan, send: () => {}, ended: () => {} }) };
}

describe("TransferTable", () => {
  it("counts an address's transfers and forgets an address with its last", () => {
    const table = new TransferTable();
    const [one, two] = [slotOf(1, 0), slotOf(2, 0)];
    table.add(one);
    table.add(two);
    expect([table.size, table.ofClient(address)]).toEqual([2, 2]);
    table.remove(one);
    table.remove(one); // ended and given up: both forget it
    expect([table.size, table.ofClient(address)]).toEqual([1, 1]);
    table.remove(two);
    expect([table.size, table.ofClient(address)]).toEqual([0, 0]);
  });

  it("counts those of an address that were not answered", () => {
    const table = new TransferTable();
    const [looking, answered, silent] = [slotOf(1, 0, false), slotOf(2, 1), slotOf(3, 2)];
    for (const slot of [looking, answered, silent]) table.add(slot);
    answered.session?.receive({ kind: "ack", block: 1 });
    expect(table.unprovenOf(address)).toBe(2);
    expect(table.unprovenOf(parseIpv4("10.0.0.8"))).toBe(0);
  });

  it("keeps the transfer that took a peer's place", () => {
    const table = new TransferTable();
    const [old, now] = [slotOf(1, 0), slotOf(1, 5)];
    table.add(old);
    table.remove(old);
    table.add(now);
    table.remove(old);
    expect(table.at(socket, { address, port: 1 })).toBe(now);
  });

  it("finds the oldest that never answered", () => {
    const table = new TransferTable();
    const [looking, answered, silent, younger] = [
      slotOf(1, 0, false),
      slotOf(2, 1),
      slotOf(3, 2),
      slotOf(4, 3),
    ];
    for (const slot of [looking, answered, silent, younger]) table.add(slot);
    answered.session?.receive({ kind: "ack", block: 1 });
    expect(table.oldestUnanswered()).toBe(silent);
    expect(table.oldestUnanswered(address)).toBe(silent);
    expect(table.oldestUnanswered(parseIpv4("10.0.0.8"))).toBeUndefined();
    table.remove(silent);
    expect(table.oldestUnanswered()).toBe(younger);
  });
});
