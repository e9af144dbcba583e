import { readFileSync } from "node:fs";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { addLabFlags } from "../../src/cli/lab.ts";
import { resolveConfig } from "../../src/config/resolve.ts";
import { ErrorTable } from "../../src/errors.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

describe("docs/cli.md", () => {
  const page = read("docs/cli.md");

  it("has a row for each flag of the lab, with its default", () => {
    const rows = [...page.matchAll(/^\| `(--[^`]+)` \| (\S+) \|/gm)];
    const told = rows.map(([, flags, preset]) => [flags, preset]);
    const { options } = addLabFlags(new Command("lab"));
    const want = options.map(({ flags, defaultValue }) => {
      if (defaultValue === undefined) return [flags, "–"];
      return [flags, defaultValue === false ? "off" : `\`${defaultValue}\``];
    });
    expect(told).toEqual(want);
  });

  it("sorts every error code under its exit code", () => {
    const rows = [...page.matchAll(/^\| (\d+) \| [^|]+ \| ([^|]*) \|$/gm)];
    const told = rows.flatMap(([, exit, codes = ""]) =>
      [...codes.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => [code, Number(exit)] as const),
    );
    const want = Object.entries(ErrorTable).map(([code, { exit }]) => [code, exit]);
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(want));
  });
});

describe("README.md", () => {
  it("shows a configuration that is valid", () => {
    const [, text = ""] = /```yaml\n([\s\S]*?)```/.exec(read("README.md")) ?? [];
    const resolution = resolveConfig({ file: { name: "k", text }, environment: {}, flags: {} });
    expect(resolution).toMatchObject({ kind: "valid", config: { interfaces: ["eth1"] } });
  });
});
