import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildMachineApp } from "../../src/http/app.ts";
import { openRawIgnition, readRawIgnition } from "../../src/http/raw-ignition.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { type HttpRig, openHttpRig } from "../support/http-rig.ts";

const config = (version: string, more = {}) =>
  Buffer.from(JSON.stringify({ ignition: { version }, ...more }));
const files = { storage: { files: [{ path: "relative" }] } };

describe("readRawIgnition", () => {
  it.each([
    { name: "3.1 as it is", bytes: config("3.1.0"), upgrade: false, kind: "as-it-is" },
    {
      name: "what it does not check",
      bytes: config("3.1.0", files),
      upgrade: false,
      kind: "as-it-is",
    },
    { name: "2.x as it is", bytes: config("2.3.0"), upgrade: false, kind: "as-it-is" },
    { name: "3.1 as 3.4.0", bytes: config("3.1.0"), upgrade: true, kind: "converted" },
    { name: "2.x unconverted", bytes: config("2.3.0"), upgrade: true, kind: "not-convertible" },
    { name: "3.5 unconverted", bytes: config("3.5.0"), upgrade: true, kind: "not-convertible" },
    { name: "3.9 unconverted", bytes: config("3.9.0"), upgrade: true, kind: "not-convertible" },
  ])("sends $name", ({ bytes, upgrade, kind }) => {
    const answer = readRawIgnition(bytes, upgrade);
    expect(answer.kind).toBe(kind);
    if (answer.kind === "refused") throw new Error(answer.reason);
    expect(answer.body === bytes).toBe(kind !== "converted");
    if (kind === "converted") expect(answer.body.toString()).toContain('"version":"3.4.0"');
  });

  it.each([
    { name: "no JSON", bytes: Buffer.from("{"), upgrade: false, reason: "is not JSON" },
    { name: "no JSON", bytes: Buffer.from(""), upgrade: true, reason: "is not JSON" },
    {
      name: "1.x",
      bytes: config("1.0.0"),
      upgrade: true,
      reason: "want ignition.version 2.x or 3.x",
    },
    {
      name: "what its version forbids",
      bytes: config("3.1.0", files),
      upgrade: true,
      reason: "error at $.storage.files.0.path: ",
    },
  ])("refuses $name, with upgrade $upgrade", ({ bytes, upgrade, reason }) => {
    const answer = readRawIgnition(bytes, upgrade);
    expect(answer).toMatchObject({ kind: "refused", reason: expect.stringContaining(reason) });
  });

  it("tells what a conversion leaves out", () => {
    expect(readRawIgnition(config("3.2.0", { kernelArguments: {} }), true)).toMatchObject({
      left: expect.stringMatching(/^warning at \$\.kernelArguments: /),
    });
  });

  it("reads the same bytes once", () => {
    const read = openRawIgnition(true);
    const bytes = config("3.0.0");
    expect(read(bytes)).toBe(read(bytes));
    expect(read(config("3.0.0"))).not.toBe(read(bytes));
  });
});

describe("/ignition with the conversion", () => {
  let rig: HttpRig;
  beforeEach(async () => {
    rig = await openHttpRig();
    await rig.write("groups/default.json", { profile: "p" });
    await rig.write("profiles/p.json", { id: "p", ignition_id: "p.ign" });
  });
  afterEach(() => rig[Symbol.asyncDispose]());

  it.each([
    { bytes: config("3.0.0"), status: 200, body: '"version":"3.4.0"', told: undefined },
    {
      bytes: config("3.2.0", { kernelArguments: {} }),
      status: 200,
      body: '"version":"3.4.0"',
      told: ["warn", "ignition converted in part"],
    },
    {
      bytes: config("3.5.0"),
      status: 200,
      body: '{"ignition":{"version":"3.5.0"}}',
      told: ["warn", "ignition not converted"],
    },
    {
      bytes: config("3.1.0", files),
      status: 500,
      body: "ignition/p.ign is not usable: error at $.storage.files.0.path",
      told: ["error", "ignition file refused"],
    },
  ])("answers $status, tells $told", async ({ bytes, status, body, told }) => {
    const lines: string[][] = [];
    const line = (level: string) => (message: string) => lines.push([level, message]);
    const log = { ...silentLog, warn: line("warn"), error: line("error") };
    await rig.write("ignition/p.ign", bytes);
    const app = buildMachineApp({ ...rig.deps, log, ignitionUpgrade: true });
    const got = await app.inject("/ignition");
    expect([got.statusCode, got.headers["content-type"]]).toEqual([
      status,
      status === 200 ? "application/json" : "text/plain; charset=utf-8",
    ]);
    expect(got.body).toContain(body);
    expect(lines).toEqual(told === undefined ? [] : [told]);
    await app.close();
  });
});
