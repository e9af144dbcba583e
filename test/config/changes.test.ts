import { describe, expect, it } from "vitest";
import { needRestart } from "../../src/config/changes.ts";
import { resolveConfig } from "../../src/config/resolve.ts";

const configOf = (flags: Record<string, string>) => {
  const resolution = resolveConfig({ environment: {}, flags });
  if (resolution.kind === "invalid") throw new Error("these flags are valid");
  return resolution.config;
};

describe("needRestart", () => {
  const cases = [
    { name: "nothing when nothing changed", flags: {}, want: [] },
    {
      name: "nothing for what follows at once",
      flags: { "dhcp.lease": "1h", "dns.domain": "a.b" },
      want: [],
    },
    {
      name: "a port and the interfaces",
      flags: { "http.port": "81", interfaces: "eth9" },
      want: ["interfaces", "http.port"],
    },
  ];
  it.each(cases)("names $name", ({ flags, want }) => {
    expect(needRestart(configOf({}), configOf(flags))).toEqual(want);
  });
});
