import { describe, expect, it } from "vitest";
import type { SeenDhcp } from "../frames.ts";
import { type LedgerLine, promisedTwice, sharedByMachines } from "./ledger.ts";

const line = (at: number, mac: string, kind: LedgerLine["kind"], until?: number): LedgerLine => ({
  ...{ at, mac, kind, address: "10.77.0.100" },
  ...(until !== undefined && { until }),
});

describe("sharedByMachines", () => {
  it.each([
    { name: "two at once", lines: [line(0, "a", "bound", 9), line(5, "b", "bound", 14)], want: 1 },
    {
      name: "after its end",
      lines: [line(0, "a", "bound", 9), line(9, "b", "bound", 14)],
      want: 0,
    },
    {
      name: "after it was given back",
      lines: [line(0, "a", "bound", 9), line(3, "a", "released"), line(5, "b", "bound", 14)],
      want: 0,
    },
    {
      name: "given back by another",
      lines: [line(0, "a", "bound", 9), line(3, "b", "released"), line(5, "b", "bound", 14)],
      want: 1,
    },
    {
      name: "in time no more: it was extended",
      lines: [line(0, "a", "bound", 9), line(4, "a", "extended", 20), line(10, "b", "bound", 14)],
      want: 1,
    },
  ])("$name: $want", ({ lines, want }) => {
    expect(sharedByMachines(lines)).toHaveLength(want);
  });
});

const Type = { request: 3, decline: 4, ack: 5, release: 7 } as const;

function message(at: number, mac: string, type: keyof typeof Type, yiaddr = ""): SeenDhcp {
  return inExchange(1, { at, mac, type, yiaddr });
}

type Said = { at: number; mac: string; type: keyof typeof Type; yiaddr?: string };

function inExchange(xid: number, { at, mac, type, yiaddr = "" }: Said): SeenDhcp {
  const options = new Map([[50, Buffer.of(10, 77, 0, 100)]]);
  if (type === "ack") options.set(51, Buffer.of(0, 0, 0, 10));
  const header = { xid, ciaddr: "10.77.0.100", yiaddr, siaddr: "", file: "" };
  const way = { from: "", fromPort: 67, to: "", toPort: 68 };
  return { ...way, ...header, at, mac, type: Type[type], options };
}

const ack = (at: number, mac: string, address = "10.77.0.100") => message(at, mac, "ack", address);

describe("promisedTwice", () => {
  it.each([
    { name: "two at once", messages: [ack(0, "a"), ack(9_999, "b")], want: 1 },
    { name: "after its end", messages: [ack(0, "a"), ack(10_000, "b")], want: 0 },
    {
      name: "from when it was asked for",
      messages: [message(0, "a", "request"), ack(500, "a"), ack(10_100, "b")],
      want: 0,
    },
    {
      name: "after a RELEASE",
      messages: [ack(0, "a"), message(1, "a", "release"), ack(2, "b")],
      want: 0,
    },
    {
      name: "after a DECLINE",
      messages: [ack(0, "a"), message(1, "a", "decline"), ack(2, "b")],
      want: 0,
    },
    {
      name: "after a RELEASE that overtook the ACK",
      messages: [message(0, "a", "request"), message(1, "a", "release"), ack(2, "a"), ack(3, "b")],
      want: 0,
    },
    {
      name: "asked for anew after a RELEASE",
      messages: [
        message(0, "a", "release"),
        inExchange(2, { at: 1, mac: "a", type: "request" }),
        inExchange(2, { at: 2, mac: "a", type: "ack", yiaddr: "10.77.0.100" }),
        ack(3, "b"),
      ],
      want: 1,
    },
    {
      name: "after another's RELEASE",
      messages: [ack(0, "a"), message(1, "b", "release"), ack(2, "b")],
      want: 1,
    },
    {
      name: "after the machine was promised another address",
      messages: [ack(0, "a"), ack(1, "a", "10.77.0.101"), ack(2, "b")],
      want: 0,
    },
  ])("$name: $want", ({ messages, want }) => {
    expect(promisedTwice(messages)).toHaveLength(want);
  });
});
