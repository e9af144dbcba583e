import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { ButaneError, formatReports } from "../../../src/render/butane/error.ts";
import { translateButane } from "../../../src/render/butane/translate.ts";
import { localOptions, unpackedIgnition } from "../../support/butane-local.ts";
import { findIgnitionValidate } from "../../support/ignition-validate.ts";

const folder = join(import.meta.dirname, "cases");
const cases = readdirSync(folder)
  .filter((file) => file.endsWith(".yaml"))
  .map((file) => basename(file, ".yaml"));
const fcos = (text: string) => `variant: fcos\nversion: 1.5.0\n${text}`;

/** What a case leads to, as the text of its golden file: the configuration and the reports. */
function outcome(name: string): string {
  const text = readFileSync(join(folder, `${name}.yaml`), "utf8");
  try {
    const { ignition, warnings } = translateButane(text, localOptions);
    return `${[unpackedIgnition(ignition), formatReports(warnings)].join("\n").trimEnd()}\n`;
  } catch (error) {
    if (error instanceof ButaneError) return `${error.message}\n`;
    throw error;
  }
}

describe("every case of the folder", () => {
  it.each(cases)("%s", async (name) => {
    await expect(outcome(name)).toMatchFileSnapshot(join(folder, `${name}.golden`));
  });

  it("is named for what it leads to", () => {
    const misnamed = cases.filter((name) => {
      const lines = outcome(name);
      return lines.includes("error at ") !== name.startsWith("error-");
    });
    expect(misnamed).toEqual([]);
  });
});

// Debian's ignition-validate speaks 3.0 to 3.3, and knows 3.4 under its name before the release.
const validator = await findIgnitionValidate();
const judged = cases.filter((name) => {
  return /^\{"ignition":.*"version":"3\.[0-4]\.0"/.test(outcome(name));
});

const skipped = "skipped: Debian's package ignition cannot be downloaded here";
const judge = validator === undefined ? `ignition-validate (${skipped})` : "ignition-validate";
describe.skipIf(validator === undefined)(judge, () => {
  it.each(judged)("takes %s", (name) => {
    const text = readFileSync(join(folder, `${name}.yaml`), "utf8");
    const { ignition } = translateButane(text, localOptions);
    const input = ignition.replace('"version":"3.4.0"}', '"version":"3.4.0-experimental"}');
    // It ends with 1 on an error; on a warning it only says so.
    expect(() => execFileSync(validator ?? "", ["-"], { input, stdio: "pipe" })).not.toThrow();
  });
});

describe("translateButane", () => {
  it("says the line of every error, of warnings too", () => {
    const text = fcos("storage:\n  files:\n    - path: a\n      odd: 1\n");
    expect(() => translateButane(text)).toThrow(
      [
        "warning at $.storage.files.0.odd, line 6 column 7: unknown key odd: it is ignored",
        "error at $.storage.files.0.path, line 5 column 13: want an absolute path, got a",
      ].join("\n"),
    );
  });

  it("reads no local file unless it is handed a reader", () => {
    const text = fcos("storage: { files: [{ path: /a, contents: { local: a } }] }");
    expect(() => translateButane(text)).toThrow("no folder of local files here");
    const trees = fcos("storage: { trees: [{ local: a }] }");
    expect(() => translateButane(trees)).toThrow("no folder of local files here");
  });

  it("packs contents only where packing is handed in and pays", () => {
    const long = fcos(
      `storage: { files: [{ path: /a, contents: { inline: ${"a".repeat(900)} } }] }`,
    );
    expect(translateButane(long).ignition).toContain('"compression":"","source":"data:,aaa');
    expect(translateButane(long, localOptions).ignition).toContain('"compression":"gzip"');
    const short = fcos("storage: { files: [{ path: /a, contents: { inline: aaa } }] }");
    expect(translateButane(short, localOptions).ignition).toContain('"compression":""');
  });
});
