import { expect, it } from "vitest";
import { KindlingError } from "../../src/errors.ts";
import { formatAdvert, silentAdvert } from "../../src/ra/advert.ts";
import { lookMs, openAdvertServer, takeLimit } from "../../src/ra/server.ts";
import type { Icmp6Message, Icmp6Options, Icmp6Socket } from "../../src/runtime/icmp6.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { parseIpv6 } from "../../src/wire/ipv6.ts";
import { FakeClock } from "../support/fake-clock.ts";

const machine = parseIpv6("fe80::5054:ff:fe77:10");
const solicitation = Uint8Array.of(133, 0, 0, 0, 0, 0, 0, 0);
const routerWord = Uint8Array.of(134, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0);

function openRig(refused?: string) {
  const clock = new FakeClock();
  const waiting: Icmp6Message[] = [];
  const sent: { bytes: Uint8Array; to: string }[] = [];
  const closed: string[] = [];
  const openSocket = ({ device, types }: Icmp6Options): Icmp6Socket => {
    expect(types).toEqual([133, 134]);
    if (device === refused) throw new KindlingError("rights.missing", "no");
    return {
      take: () => waiting.shift(),
      send: (bytes, to) => sent.push({ bytes, to }) > 0,
      [Symbol.dispose]: () => void closed.push(device),
    };
  };
  const links = ["eth0", ...(refused ? [refused] : [])].map((device) => ({
    device,
    advert: silentAdvert,
  }));
  const stop = new AbortController();
  const deps = { links, mode: "auto" as const, clock, log: silentLog, openSocket };
  const open = () => openAdvertServer(deps, stop.signal);
  const say = (bytes: Uint8Array, source = machine) => waiting.push({ bytes, source });
  return { clock, waiting, sent, closed, stop, open, say };
}

it("answers at the next look, and nothing before it serves", () => {
  const { clock, sent, open, say } = openRig();
  const server = open();
  say(solicitation);
  clock.step(1000);
  expect(sent).toEqual([]);
  server.serve();
  say(solicitation);
  clock.step(lookMs);
  expect(sent).toEqual([1, 2].map(() => ({ bytes: formatAdvert(silentAdvert), to: machine })));
});

it("goes on after what makes no sense, and is silent once a router speaks", () => {
  const { clock, sent, open, say } = openRig();
  open().serve();
  say(Uint8Array.of(133, 0));
  say(solicitation);
  say(routerWord, parseIpv6("fe80::1"));
  say(solicitation);
  clock.step(lookMs);
  expect(sent).toHaveLength(1);
});

it("takes so many at a look and leaves the event loop to others", () => {
  const { clock, waiting, open, say } = openRig();
  open().serve();
  for (let count = 0; count < takeLimit + 5; count += 1) say(solicitation);
  clock.step(lookMs);
  expect(waiting).toHaveLength(5);
});

it("gives all sockets back when one cannot be had, and at the end", async () => {
  const bad = openRig("eth1");
  expect(bad.open).toThrow(expect.objectContaining({ code: "rights.missing" }));
  expect(bad.closed).toEqual(["eth0"]);
  const good = openRig();
  const server = good.open();
  server.serve();
  good.stop.abort();
  await server.done;
  expect(good.closed).toEqual(["eth0"]);
  good.say(solicitation);
  good.clock.step(1000);
  expect(good.sent).toEqual([]);
});
