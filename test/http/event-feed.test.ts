import { describe, expect, it } from "vitest";
import type { BootEvent } from "../../src/boot/event.ts";
import { entriesAfter, formatEntry, numberEvents } from "../../src/http/event-feed.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";

const event = (at: number, stage: string): BootEvent => ({ at, kind: "report", stage });
const events = [event(5, "a"), event(5, "b"), event(7, "c"), event(5, "d")];
const entries = numberEvents(events);

describe("numberEvents", () => {
  it("counts within one millisecond", () => {
    expect(entries.map(({ id }) => id)).toEqual(["5.0", "5.1", "7.0", "5.0"]);
  });

  it("goes on from the entry before", () => {
    const more = numberEvents([event(7, "x"), event(8, "y")], entries[2]);
    expect(more.map(({ id }) => id)).toEqual(["7.1", "8.0"]);
  });
});

describe("entriesAfter", () => {
  it.each([
    { since: "0", want: "abcd" },
    { since: "5.0", want: "bcd" },
    { since: "5.1", want: "cd" },
    { since: "5", want: "c" },
    { since: "6.3", want: "c" },
    { since: "99", want: "" },
  ])("$since is '$want'", ({ since, want }) => {
    const stages = entriesAfter(entries, since)?.map((entry) =>
      entry.event.kind === "report" ? entry.event.stage : "",
    );
    expect(stages?.join("")).toBe(want);
  });

  it.each(["", "x", "-1", "1.2.3", "1e5"])("does not read '%s'", (since) => {
    expect(entriesAfter(entries, since)).toBeUndefined();
  });
});

it("formatEntry is one event whose data holds no line end of its own", () => {
  const address = parseIpv4("10.0.0.1");
  const text = formatEntry({ id: "5.0", event: { ...event(5, "a\nb"), address } });
  expect(text).toBe(
    'id: 5.0\nevent: report\ndata: {"at":5,"kind":"report","stage":"a\\nb","address":"10.0.0.1"}\n\n',
  );
});
