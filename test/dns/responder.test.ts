import { describe, expect, it } from "vitest";
import { LiveZones } from "../../src/dns/live-zones.ts";
import { type Forwarder, Responder } from "../../src/dns/responder.ts";
import { defaultRateLimit, parseDnsSettings } from "../../src/dns/settings.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseSubnet } from "../../src/wire/subnet.ts";
import { dnsSettings, FakeBindings, queryBytes, readAnswer } from "../support/dns.ts";
import { FakeClock } from "../support/fake-clock.ts";

const local = parseIpv4("10.77.0.1");
const subnet = parseSubnet("10.77.0.0/24");
const own = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const limit = { ...defaultRateLimit, answers: 3 };

const records = [
  { name: "*.apps", type: "A", value: "10.77.0.12" },
  { name: "sub", type: "NS", value: "ns.example.org." },
] as const;

/** A responder of a zone with node1, asked by strangers; `ask` gives what came back. */
function open(forwarder?: Forwarder) {
  const clock = new FakeClock(1_700_000_000_000);
  const bindings = new FakeBindings(["node1 10.77.0.11 reserved"]);
  const findings = { raise: () => {}, clear: () => {} };
  const interfaces = [{ address: local, subnet }];
  const deps = { interfaces, bindings, clock, log: silentLog, findings };
  const zones = new LiveZones(deps, parseDnsSettings(dnsSettings({ rateLimit: limit, records })));
  let made = 0;
  const random = (bytes: number) => {
    made += 1;
    return new Uint8Array(bytes).fill(made);
  };
  const rest = { clock, log: silentLog, zones, served: [subnet], random };
  const responder = new Responder({ ...rest, ...(forwarder && { forwarder }) });
  const ask = (cookie?: Uint8Array, { from = "192.0.2.9", name = "node1.kindling.lan" } = {}) => {
    const query = queryBytes(name, "A", {
      edns: cookie === undefined ? {} : { cookie },
      isEmpty: name === "",
    });
    const asked = { local, client: parseIpv4(from), transport: "udp" } as const;
    let got: readonly Uint8Array[] = [];
    responder.answer(query, asked, (messages) => {
      got = messages;
    });
    return got[0] && read(got[0]);
  };
  return { ask, clock };
}

function read(bytes: Uint8Array) {
  const { opt, ...answer } = readAnswer(bytes);
  const options = opt?.type === "OPT" ? opt.options : [];
  // The declared options leave out what this one has: its bytes.
  const { data } = (options[0] ?? {}) as { data?: Buffer };
  const upper = opt?.type === "OPT" ? opt.extendedRcode : 0;
  return { ...answer, extended: upper * 16 + ((bytes[3] ?? 0) & 15), cookie: data, bytes };
}

describe("a stranger", () => {
  const limited = [false, false, false, undefined, true, undefined];
  const rows = [
    { name: "a name", ask: () => "node1.kindling.lan" },
    { name: "names below a wildcard, whichever", ask: (at: number) => `x${at}.apps.kindling.lan` },
    { name: "names of a zone that was given away", ask: (at: number) => `x${at}.sub.kindling.lan` },
  ];
  it.each(rows)("is limited in $name", ({ ask: nameAt }) => {
    const { ask } = open();
    const seen = limited.map((_, at) => ask(undefined, { name: nameAt(at) })?.truncated);
    expect(seen).toEqual(limited);
  });
});

describe("a client with cookies", () => {
  it("is told one, the same to each question, and again the same that it knows", () => {
    const { ask } = open();
    const first = ask(own);
    expect(first).toMatchObject({ answers: ["node1.kindling.lan A 10.77.0.11"], extended: 0 });
    expect(first?.cookie).toHaveLength(24);
    expect(first?.cookie?.subarray(0, 8)).toEqual(Buffer.from(own));
    expect(ask(own)?.cookie).toEqual(first?.cookie);
    expect(ask(first?.cookie)?.cookie).toEqual(first?.cookie);
  });

  it("is told none that sends none", () => {
    const { ask } = open();
    expect(ask()?.cookie).toBeUndefined();
    ask(own);
    expect(ask()?.cookie).toBeUndefined();
  });

  it("is never limited once it knows one", () => {
    const { ask } = open();
    const cookie = ask(own)?.cookie;
    const answers = Array.from({ length: 50 }, () => ask(cookie)?.answers.length);
    expect(answers).toEqual(Array(50).fill(1));
  });

  it("over its rate is told BADCOOKIE and the right one, and no record", () => {
    const { ask } = open();
    const seen = Array.from({ length: 7 }, () => ask(own));
    expect(seen.map((it) => it?.extended)).toEqual([0, 0, 0, undefined, 23, undefined, 23]);
    const refused = seen[4];
    expect(refused).toMatchObject({ answers: [], truncated: false });
    expect(refused?.bytes.length).toBeLessThan(80); // a question of 59 bytes
    expect(ask(refused?.cookie)).toMatchObject({ extended: 0, answers: [expect.any(String)] });
  });

  it("gains nothing by a cookie that was told to another", () => {
    const { ask } = open();
    const cookie = ask(own)?.cookie;
    const forged = Array.from({ length: 5 }, () => ask(cookie, { from: "198.51.100.1" })?.extended);
    expect(forged).toEqual([0, 0, 0, undefined, 23]);
  });

  it("is told to come by TCP where it knows no cookies", () => {
    const { ask } = open();
    const seen = Array.from({ length: 5 }, () => ask()?.truncated);
    expect(seen).toEqual([false, false, false, undefined, true]);
  });

  it("may ask for nothing but a cookie", () => {
    const { ask } = open();
    const answer = ask(own, { name: "" });
    expect(answer).toMatchObject({ extended: 0, questions: [], answers: [] });
    expect(ask(answer?.cookie)?.cookie).toEqual(answer?.cookie);
  });

  it("is told another once our secret is a day old", () => {
    const { ask, clock } = open();
    const first = ask(own)?.cookie;
    clock.step(86_400_000 + 1000);
    const second = ask(own)?.cookie;
    expect(second).not.toEqual(first);
    for (let times = 0; times < 5; times += 1) expect(ask(second)?.extended).toBe(0);
  });

  it("is told one with an answer of the rest of the world, too", () => {
    const { ask } = open({
      clients: [parseSubnet("192.0.2.0/24")],
      ask: (query, _, reply) => {
        expect(query.edns?.replyCookie).toHaveLength(24);
        reply({ bytes: queryBytes("www.example.org"), reason: "forwarded", rcode: 0 });
      },
    });
    expect.assertions(1);
    ask(own, { name: "www.example.org" });
  });
});
