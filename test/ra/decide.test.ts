import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NdpMessage } from "../../src/ra/advert.ts";
import {
  type AdvertContext,
  answersPerSecond,
  decideNdp,
  type LinkState,
  quietLink,
  routerLimit,
} from "../../src/ra/decide.ts";
import { parseIpv6 } from "../../src/wire/ipv6.ts";

const now = 1_700_000_000_000;
const ask: NdpMessage = { kind: "solicitation" };
const says = (lifetimeSeconds: number, prefixSeconds = 0): NdpMessage => ({
  kind: "advertisement",
  lifetimeSeconds,
  prefixSeconds,
});
const machine = "fe80::5054:ff:fe77:10";
const router = "fe80::1";
const withRouter = (until: number): LinkState => ({
  ...quietLink,
  routers: new Map([[parseIpv6(router), until]]),
});

type Row = {
  readonly name: string;
  readonly message: NdpMessage;
  readonly from: string;
  readonly link?: LinkState;
  readonly mode?: "auto" | "on";
  readonly want: string;
  readonly to?: string;
};

describe("decideNdp", () => {
  const second = Math.floor(now / 1000);
  const rows: readonly Row[] = [
    {
      name: "answers who asks, alone",
      message: ask,
      from: machine,
      want: "answer solicited",
      to: machine,
    },
    {
      name: "answers all when who asks has no address yet",
      message: ask,
      from: "::",
      want: "answer solicited-without-address",
      to: "ff02::1",
    },
    {
      name: "tells all at most once in 3 s",
      message: ask,
      from: "::",
      link: { ...quietLink, toAllAt: now - 2999 },
      want: "ignore too-soon",
    },
    {
      name: "tells all again after 3 s",
      message: ask,
      from: "::",
      link: { ...quietLink, toAllAt: now - 3000 },
      want: "answer solicited-without-address",
      to: "ff02::1",
    },
    {
      name: "tells all again when the clock was set back",
      message: ask,
      from: "::",
      link: { ...quietLink, toAllAt: now + 60_000 },
      want: "answer solicited-without-address",
      to: "ff02::1",
    },
    {
      name: "answers a rack, but no flood",
      message: ask,
      from: machine,
      link: { ...quietLink, second, answers: answersPerSecond },
      want: "ignore too-many",
    },
    {
      name: "answers again in the next second",
      message: ask,
      from: machine,
      link: { ...quietLink, second: second - 1, answers: answersPerSecond },
      want: "answer solicited",
      to: machine,
    },
    {
      name: "leaves the word to a router that speaks",
      message: ask,
      from: machine,
      link: withRouter(now + 1),
      want: "ignore router-present",
    },
    {
      name: "takes the word back when the router's ran out",
      message: ask,
      from: machine,
      link: withRouter(now),
      want: "answer solicited",
      to: machine,
    },
    {
      name: "answers beside a router where it is told to",
      message: ask,
      from: machine,
      link: withRouter(now + 1),
      mode: "on",
      want: "answer solicited",
      to: machine,
    },
    {
      name: "has no word for other links",
      message: ask,
      from: "2001:db8::1",
      want: "ignore not-on-link",
    },
    { name: "hears a router", message: says(1800), from: router, want: "note router-heard" },
    {
      name: "hears who names a prefix only",
      message: says(0, 600),
      from: router,
      want: "note router-heard",
    },
    {
      name: "takes another Kindling for none",
      message: says(0),
      from: router,
      want: "ignore not-a-router",
    },
    {
      name: "lets go of a router that resigns",
      message: says(0),
      from: router,
      link: withRouter(now + 60_000),
      want: "note router-gone",
    },
    {
      name: "believes no router of another link",
      message: says(1800),
      from: "2001:db8::1",
      want: "ignore not-on-link",
    },
  ];
  it.each(rows)("$name", ({ message, from, link = quietLink, mode = "auto", want, to }) => {
    const decision = decideNdp(message, parseIpv6(from), { mode, link, now });
    expect(`${decision.kind} ${decision.reason}`).toBe(want);
    if (decision.kind === "answer") expect(decision.to).toBe(to);
  });

  it("is silent from a router's first word until its lifetime ends", () => {
    const heard = decideNdp(says(30), parseIpv6(router), { mode: "auto", link: quietLink, now });
    const link = heard.kind === "ignore" ? quietLink : heard.state;
    const at = (ms: number) =>
      decideNdp(ask, parseIpv6(machine), { mode: "auto", link, now: now + ms }).reason;
    expect([at(0), at(29_999), at(30_000)]).toEqual([
      "router-present",
      "router-present",
      "solicited",
    ]);
  });

  it("remembers the newest routers of a crowd", () => {
    let link = quietLink;
    for (let number = 1; number <= 100; number += 1) {
      const heard = decideNdp(says(1800), parseIpv6(`fe80::${number}`), {
        mode: "auto",
        link,
        now,
      });
      if (heard.kind !== "ignore") link = heard.state;
    }
    expect([...link.routers.keys()]).toHaveLength(routerLimit);
    expect([...link.routers.keys()].at(-1)).toBe("fe80::100");
  });

  it("bounds how often it speaks, whoever speaks on the link", () => {
    const source = fc.integer({ min: 0, max: 40 }).map((n) => (n === 0 ? "::" : `fe80::${n}`));
    const message = fc.oneof(
      fc.constant(ask),
      fc.tuple(fc.nat(65_535), fc.nat(0xffff_ffff)).map(([a, b]) => says(a, b)),
    );
    const steps = fc.array(fc.tuple(source, message, fc.nat(500)), { maxLength: 200 });
    fc.assert(
      fc.property(steps, fc.constantFrom("auto" as const, "on" as const), (given, mode) => {
        let context: AdvertContext = { mode, link: quietLink, now };
        const toAll: number[] = [];
        for (const [from, what, ms] of given) {
          context = { ...context, now: context.now + ms };
          const decision = decideNdp(what, parseIpv6(from), context);
          if (decision.kind === "answer" && decision.to === "ff02::1") toAll.push(context.now);
          if (decision.kind !== "ignore") context = { ...context, link: decision.state };
        }
        const gaps = toAll.slice(1).map((at, index) => at - (toAll[index] ?? 0));
        expect(gaps.filter((gap) => gap < 3000)).toEqual([]);
      }),
    );
  });
});
