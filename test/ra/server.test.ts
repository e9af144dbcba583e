import { expect, it } from "vitest";
import { KindlingError } from "../../src/errors.ts";
import { formatAdvert, silentAdvert } from "../../src/ra/advert.ts";
import { openAdvertServer } from "../../src/ra/server.ts";
import type { Icmp6Message, Icmp6Options, Icmp6Socket } from "../../src/runtime/icmp6.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { parseIpv6 } from "../../src/wire/ipv6.ts";
import { FakeClock } from "../support/fake-clock.ts";

const machine = parseIpv6("fe80::5054:ff:fe77:10");
const solicitation = Uint8Array.of(133, 0, 0, 0, 0, 0, 0, 0);
const routerWord = Uint8Array.of(134, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0);

function openRig(refused?: string) {
  const sent: { bytes: Uint8Array; to: string }[] = [];
  const closed: string[] = [];
  let hear: ((message: Icmp6Message) => void) | undefined;
  const openSocket = async ({ device, types }: Icmp6Options): Promise<Icmp6Socket> => {
    expect(types).toEqual([133, 134]);
    if (device === refused) throw new KindlingError("rights.missing", "no");
    return {
      receive: (handler) => {
        hear = handler;
      },
      send: (bytes, to) => sent.push({ bytes, to }) > 0,
      onError: () => {},
      [Symbol.asyncDispose]: async () => void closed.push(device),
    };
  };
  const links = ["eth0", ...(refused ? [refused] : [])].map((device) => ({
    device,
    advert: silentAdvert,
  }));
  const clock = new FakeClock();
  const deps = { links, mode: "auto" as const, clock, log: silentLog, openSocket };
  const open = () => openAdvertServer(deps, new AbortController().signal);
  const say = (bytes: Uint8Array, source = machine) => hear?.({ bytes, source });
  return { sent, closed, open, say };
}

it("answers who asks, and nobody before it serves", async () => {
  const { sent, open, say } = openRig();
  const server = await open();
  say(solicitation);
  expect(sent).toEqual([]);
  server.serve();
  say(solicitation);
  expect(sent).toEqual([{ bytes: formatAdvert(silentAdvert), to: machine }]);
});

it("goes on after what makes no sense, and is silent once a router speaks", async () => {
  const { sent, open, say } = openRig();
  (await open()).serve();
  say(Uint8Array.of(133, 0));
  say(solicitation);
  say(routerWord, parseIpv6("fe80::1"));
  say(solicitation);
  expect(sent).toHaveLength(1);
});

it("gives all sockets back when one cannot be had, and at the end", async () => {
  const bad = openRig("eth1");
  await expect(bad.open()).rejects.toMatchObject({ code: "rights.missing" });
  expect(bad.closed).toEqual(["eth0"]);
  const good = openRig();
  const server = await good.open();
  server.serve();
  await server[Symbol.asyncDispose]();
  await server.done;
  expect(good.closed).toEqual(["eth0"]);
});
