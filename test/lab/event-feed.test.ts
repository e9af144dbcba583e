import { describe, expect, it } from "vitest";
import { parseEvent } from "../../src/boot/event-json.ts";
import { EventStreamText } from "../../src/lab/event-feed.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";

describe("EventStreamText", () => {
  const rows = [
    { name: "one event", chunks: ["id: 1\ndata: {}\n\n"], want: ["{}"] },
    { name: "an event in pieces", chunks: ["da", 'ta: {"a"', ":1}\n", "\n"], want: ['{"a":1}'] },
    { name: "comments and heartbeats", chunks: [": kindling\n\n: still here\n\n"], want: [] },
    { name: "two events at once", chunks: ["data: 1\n\ndata: 2\n\n"], want: ["1", "2"] },
  ];
  it.each(rows)("takes $name", ({ chunks, want }) => {
    const text = new EventStreamText();
    expect(chunks.flatMap((chunk) => text.feed(chunk))).toEqual(want);
  });
});

describe("parseEvent", () => {
  it("turns the address back into a number", () => {
    const event = parseEvent('{"at":1,"kind":"report","stage":"up","address":"10.77.0.100"}');
    expect(event.address).toBe(parseIpv4("10.77.0.100"));
  });
});
