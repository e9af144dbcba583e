import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { upgradeIgnition } from "../../src/render/ignition-upgrade.ts";

const upgrade = (value: unknown) => upgradeIgnition(Buffer.from(JSON.stringify(value)));
const empty =
  '{"ignition":{"config":{"replace":{"verification":{}}},"proxy":{},"security":{"tls":{}},' +
  '"timeouts":{},"version":"3.4.0"},"kernelArguments":{},"passwd":{},"storage":{},"systemd":{}}';

describe("upgradeIgnition", () => {
  it.each(["3.0.0", "3.1.0", "3.2.0", "3.3.0", "3.4.0"])("makes 3.4.0 of %s", (version) => {
    expect(upgrade({ ignition: { version } })).toEqual({
      kind: "upgraded",
      ignition: empty,
      warnings: [],
    });
  });

  it("writes members in schema order, escaped, with the empty objects of each", () => {
    const files = [{ mode: 420, contents: { source: "data:,a&b" }, path: "/<a>" }];
    const luks = [{ device: "/dev/a", name: "a" }];
    const upgraded = upgrade({ storage: { luks, files }, ignition: { version: "3.2.0" } });
    expect(upgraded).toMatchObject({
      ignition: expect.stringContaining(
        '"storage":{"files":[{"group":{},"path":"/\\u003ca\\u003e","user":{},"contents":' +
          '{"source":"data:,a\\u0026b","verification":{}},"mode":420}],"luks":[{"clevis":' +
          '{"custom":{}},"device":"/dev/a","keyFile":{"verification":{}},"name":"a"}]}',
      ),
    });
  });

  it("leaves out what the file's own version does not know, and says so", () => {
    expect(
      upgrade({ ignition: { version: "3.2.0" }, kernelArguments: { shouldExist: ["a"] } }),
    ).toMatchObject({
      ignition: empty,
      warnings: [{ kind: "warning", path: "$.kernelArguments" }],
    });
  });

  it.each(["2.2.0", "2.4.0-experimental", "3.5.0", "3.6.0", "3.99.0"])("keeps %s", (version) => {
    expect(upgrade({ ignition: { version } })).toEqual({ kind: "kept", version });
  });

  it.each([
    { name: "no JSON", text: "{", want: "is not JSON" },
    { name: "no version", text: "{}", want: "want ignition.version" },
    {
      name: "a number for a path",
      text: '{"ignition":{"version":"3.1.0"},"storage":{"files":[{"path":5}]}}',
      want: "want text, got 5",
    },
    {
      name: "an object for a list",
      text: '{"ignition":{"version":"3.1.0"},"storage":{"files":{}}}',
      want: "want a list, got an object",
    },
    {
      name: "what its Ignition refuses",
      text: '{"ignition":{"version":"3.1.0"},"storage":{"files":[{"path":"a"}]}}',
      want: "want an absolute path",
    },
  ])("tells why $name is invalid", ({ text, want }) => {
    const { kind, ...rest } = upgradeIgnition(Buffer.from(text));
    expect(kind).toBe("invalid");
    expect(rest).toMatchObject({ reports: [{ message: expect.stringContaining(want) }] });
  });

  it("throws nothing for any JSON", () => {
    const section = fc.jsonValue();
    fc.assert(
      fc.property(section, section, section, (storage, passwd, systemd) => {
        const ignition = { version: "3.3.0" };
        expect(upgrade({ ignition, storage, passwd, systemd })).toHaveProperty("kind");
      }),
    );
  });
});
