import { describe, expect, it } from "vitest";
import { RCode } from "../../src/dns/message.ts";
import { joinLabels, parseName } from "../../src/dns/name.ts";
import { RateCounter, type RateLimit, rateKindsMax } from "../../src/dns/rate-limit.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseSubnet } from "../../src/wire/subnet.ts";

const limit: RateLimit = { answers: 3, refused: 2, slip: 2, local: false };
const name = parseName("node1.kindling.lan");
const answer = (client: string, rcode: number = RCode.noError, asked = name) => ({
  client: parseIpv4(client),
  source: asked,
  rcode,
  isProven: false,
});
const counter = () => new RateCounter([parseSubnet("10.77.0.0/24")]);
const verdicts = (count: number, decide: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => decide(at)).join(" ");

describe("RateCounter", () => {
  it("sends up to the limit, then drops, and lets every second one slip", () => {
    const rate = counter();
    const seen = verdicts(7, () => rate.decide(limit, answer("192.0.2.1"), 0));
    expect(seen).toBe("send send send drop slip drop slip");
  });

  it("counts a /24 together, other networks, names and kinds apart", () => {
    const rate = counter();
    const ask = (client: string, rcode?: number, asked?: typeof name) =>
      rate.decide(limit, answer(client, rcode, asked), 0);
    expect(verdicts(4, (at) => ask(`192.0.2.${at}`))).toBe("send send send drop");
    expect(ask("192.0.3.1")).toBe("send");
    expect(ask("192.0.2.1", RCode.noError, parseName("node2.kindling.lan"))).toBe("send");
    expect(verdicts(3, () => ask("192.0.2.1", RCode.refused))).toBe("send send drop");
  });

  it("counts every name that is not there as one kind", () => {
    const rate = counter();
    const seen = verdicts(4, (at) =>
      rate.decide(limit, answer("192.0.2.1", RCode.nameError, joinLabels([`r${at}`])), 0),
    );
    expect(seen).toBe("send send send drop");
  });

  it("does not count whose address is proven", () => {
    const rate = counter();
    const proven = { ...answer("192.0.2.1"), isProven: true };
    expect(verdicts(4, () => rate.decide(limit, proven, 0))).toBe("send send send send");
    expect(rate.decide(limit, answer("192.0.2.1"), 0)).toBe("send");
  });

  it("begins anew each second", () => {
    const rate = counter();
    for (let at = 0; at < 9; at += 1) rate.decide(limit, answer("192.0.2.1"), 999);
    expect(rate.decide(limit, answer("192.0.2.1"), 1000)).toBe("send");
  });

  it.each([
    ["a rack of a served subnet asks as it likes", "10.77.0.9", {}, "send"],
    ["unless it is limited, too", "10.77.0.9", { local: true }, "drop"],
    ["no limit is none", "192.0.2.1", { answers: 0 }, "send"],
    ["without slip all are dropped", "192.0.2.1", { slip: 0 }, "drop"],
  ])("%s", (_, client, changes, want) => {
    const rate = counter();
    const last = verdicts(60, () => rate.decide({ ...limit, ...changes }, answer(client), 0));
    expect(last.split(" ").at(-1)).toBe(want);
  });

  it("holds no more kinds than its bound, however many are made up", () => {
    const rate = counter();
    for (let at = 0; at < rateKindsMax; at += 1) {
      rate.decide(limit, answer("192.0.2.1", RCode.noError, joinLabels([`r${at}`])), 0);
    }
    const seen = verdicts(4, (at) =>
      rate.decide(limit, answer("192.0.2.1", RCode.noError, joinLabels([`s${at}`])), 0),
    );
    expect(seen).toBe("send send send drop");
  });
});
