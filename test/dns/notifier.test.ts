import { beforeEach, expect, it } from "vitest";
import { Notifier, retryMs, settleMs } from "../../src/dns/notifier.ts";
import { formatIpv4, parseIpv4 } from "../../src/wire/ipv4.ts";
import { zoneOf } from "../support/dns.ts";
import { FakeClock } from "../support/fake-clock.ts";

const secondary = parseIpv4("10.77.0.53");
const zone = zoneOf("kindling.lan", "node1 A 10.77.0.11");
let clock: FakeClock;
let sent: string[];
let serial: number;
let notifier: Notifier;

beforeEach(() => {
  clock = new FakeClock();
  sent = [];
  serial = 7;
  let id = 0;
  notifier = new Notifier({
    clock,
    secondaries: () => [secondary],
    zonesFor: () => {
      const soa = { ...zone.soa, data: { ...zone.soa.data, serial } };
      return new Map([[zone.origin, { ...zone, soa }]]);
    },
    send: (message, to) => sent.push(`${formatIpv4(to)} ${Buffer.from(message).toString("hex")}`),
    randomId: () => (id += 1),
  });
});

const notify = (id: string) =>
  `10.77.0.53 ${id}2400${"0001000000000000"}086b696e646c696e67036c616e0000060001`;
const ack = (id: number) => Buffer.from([0, id, 0xa4, 0, 0, 1, 0, 0, 0, 0, 0, 0]);

it("tells of a change once it has settled, and only of a change", () => {
  notifier.poke();
  notifier.poke();
  expect(sent).toEqual([]);
  clock.step(settleMs);
  expect(sent).toEqual([notify("0001")]);
  expect(notifier.takeAck(ack(1), secondary)).toBe(true);
  notifier.poke();
  clock.step(settleMs + retryMs);
  expect(sent).toHaveLength(1);
  serial = 8;
  notifier.poke();
  clock.step(settleMs);
  expect(sent.at(-1)).toBe(notify("0002"));
});

it("tells again until it was heard, three times at most", () => {
  notifier.poke();
  clock.step(settleMs);
  for (let times = 0; times < 5; times += 1) clock.step(retryMs);
  expect(sent).toEqual([notify("0001"), notify("0001"), notify("0001")]);
});

it("takes the word of nobody but the secondary it told", () => {
  notifier.poke();
  clock.step(settleMs);
  expect(notifier.takeAck(ack(1), parseIpv4("10.77.0.66"))).toBe(false);
  expect(notifier.takeAck(ack(2), secondary)).toBe(false);
  expect(notifier.takeAck(Buffer.from([0, 1, 0xa4]), secondary)).toBe(false);
  expect(notifier.takeAck(ack(1), secondary)).toBe(true);
});
