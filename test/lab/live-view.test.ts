import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { openJsonView, openLiveView } from "../../src/lab/live-view.ts";
import { dhcpTalk, http, report, story } from "../support/boot-story.ts";

function screen(isTerminal: boolean) {
  const written: string[] = [];
  return { written, write: (text: string) => written.push(text), isTerminal, columns: 120 };
}

const events = story([
  ...dhcpTalk(0, "ipxe"),
  http(1100, "script", "/boot.ipxe"),
  http(1200, "asset", "/a"),
]);

describe("openLiveView", () => {
  it("appends each row once and only when it is final, where there is no terminal", () => {
    const out = screen(false);
    using view = openLiveView(out, () => 0);
    view.show(events.slice(0, 2));
    view.show(events);
    view.show(events);
    const stages = out.written.map((line) => line.split(/\s+/)[1]);
    expect(stages).toEqual(["DISCOVER", "OFFER", "ACK", "script"]);
  });

  it("shows the last row when the machine reported", () => {
    const out = screen(false);
    using view = openLiveView(out, () => 0);
    view.show([...events, ...story([report])]);
    expect(out.written.at(-1)).toContain("user space up");
  });

  it("draws over what it drew before on a terminal, and sentences stay above", () => {
    const out = screen(true);
    using view = openLiveView(out, () => 1_001_000);
    view.show(events.slice(0, 4));
    const before = out.written.at(-1)?.split("\n").length ?? 0;
    view.say("hello");
    expect(out.written.at(-2)).toBe(`\u001b[${before - 1}A\u001b[Jhello\n`);
    expect(stripVTControlCharacters(out.written.at(-1) ?? "")).toContain("DISCOVER");
  });
});

describe("openJsonView", () => {
  it("writes each event once, one a line, with the address as text", () => {
    const out = screen(false);
    using view = openJsonView(out);
    view.show(events.slice(0, 1));
    view.show(events.slice(0, 2));
    view.say("done");
    const lines = out.written.map((line) => JSON.parse(line));
    expect(lines.map(({ kind }) => kind)).toEqual(["event", "event", "step"]);
    expect(lines[0].event.address).toBe("10.77.0.100");
  });
});
