import { describe, expect, it } from "vitest";
import type { Install } from "../../src/boot/install.ts";
import { formatInstalls, openInstallStore, parseInstalls } from "../../src/store/install-store.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { FakeDisk } from "../support/fake-disk.ts";

const path = "installs.json";
const a = parseMac("52:54:00:77:00:0a");
const b = parseMac("52:54:00:77:00:0b");
const offered: Install = { generation: "1", stage: "offered", at: 5, starts: [5] };
const installed: Install = { ...offered, stage: "installed", at: 9, message: "it said so" };

describe("openInstallStore", () => {
  it("has after a restart what was kept", async () => {
    const disk = new FakeDisk();
    await (await openInstallStore(path, disk)).keep(a, installed);
    expect((await openInstallStore(path, disk)).of(a)).toEqual(installed);
  });

  it.each([
    { name: "no JSON", text: "{", want: /text: want JSON/ },
    { name: "another format", text: '{"format":2,"machines":[]}', want: /format: want 1, got 2/ },
    { name: "no machines", text: '{"format":1}', want: /machines: want a list, got nothing/ },
    { name: "a stage of its own", text: row({ stage: "x" }), want: /stage: want offered/ },
    { name: "no MAC", text: row({ mac: "x" }), want: /MAC address/ },
    { name: "no generation", text: row({ generation: 1 }), want: /generation: want a word/ },
    { name: "a time that is none", text: row({ at: 1.5 }), want: /at: want milliseconds/ },
    { name: "starts that are none", text: row({ starts: ["x"] }), want: /starts: want times/ },
  ])("does not begin anew over a file with $name", async ({ text, want }) => {
    const disk = new FakeDisk();
    disk.put(path, Buffer.from(text));
    await expect(openInstallStore(path, disk)).rejects.toThrow(want);
    await expect(openInstallStore(path, disk)).rejects.toThrow(/installed again/);
  });
});

function row(odd: object): string {
  return JSON.stringify({ format: 1, machines: [{ mac: a, ...offered, ...odd }] });
}

it("reads what it writes", () => {
  const installs = new Map([
    [b, offered],
    [a, installed],
  ]);
  expect(parseInstalls(formatInstalls(installs))).toEqual(installs);
  expect(parseInstalls(formatInstalls(new Map()))).toEqual(new Map());
});
