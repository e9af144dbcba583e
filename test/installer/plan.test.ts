import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ClusterPlan, renderCluster } from "../../src/installer/plan.ts";
import { type PlanFile, planFiles } from "../../src/installer/plan-files.ts";
import {
  type ClusterName,
  ClusterNames,
  clusterOf,
  fakeSecrets,
  goodSite,
} from "../support/cluster.ts";
import { findIgnitionValidate } from "../support/ignition-validate.ts";

function planOf(name: ClusterName): ClusterPlan {
  const cluster = clusterOf(name);
  return renderCluster(cluster, fakeSecrets(cluster), goodSite);
}

/**
 * A plan's files for the eyes of a reader: texts inside Ignition files without their escapes, and each
 * that was shown before by the place where it was.
 */
class Album {
  readonly #shown = new Map<string, string>();

  page({ path, text }: PlanFile): string {
    const body = path.endsWith(".ign") ? this.#ignition(path, text) : this.#once(path, text);
    return `=== ${path}\n${body.trimEnd()}\n`;
  }

  #ignition(file: string, text: string): string {
    const spaced = JSON.stringify(JSON.parse(text), null, 1);
    let path = "";
    const lines = spaced.split("\n").map((line) => {
      path = /^ {2,}"(?:path|name)": "(.*)",?$/.exec(line)?.[1] ?? path;
      const [, key, value = ""] = /^ *"(source|contents)": ("(?:.*)"),?$/.exec(line) ?? [];
      if (key === undefined || value.startsWith('"http')) return line;
      const inner: string = JSON.parse(value);
      const data = key === "source" ? decodeURIComponent(inner.replace(/^data:,/, "")) : inner;
      return `${key} ${this.#once(`${file} ${path}`, data).trimEnd()}`;
    });
    return lines.join("\n");
  }

  #once(place: string, text: string): string {
    const before = this.#shown.get(text);
    if (before !== undefined) return `as ${before}`;
    if (text.length > 60) this.#shown.set(text, place);
    return `:\n${text}`;
  }
}

describe.each(ClusterNames)("the cluster %s", (name) => {
  const files = planFiles(planOf(name));

  it("is rendered byte for byte as its golden file", async () => {
    const album = new Album();
    const text = files.map((file) => album.page(file)).join("");
    await expect(text).toMatchFileSnapshot(join(import.meta.dirname, `clusters/${name}.golden`));
  });

  it("has no secret in what anybody may read", () => {
    const open = files.filter(({ secret }) => !secret).map(({ text }) => decodeURIComponent(text));
    for (const text of open)
      expect(text).not.toMatch(/PRIVATE KEY|0123456789abcdef|MDEyMzQ1Njc4|dXNlcjpwYXNz/);
    const shut = files.filter(({ secret }) => secret);
    expect(shut.length).toBeGreaterThan(3);
    for (const { path } of shut) expect(path).toMatch(/^secret\//);
  });

  it("gives each machine a token of its own, with an end", () => {
    const { tickets } = planOf(name);
    expect(new Set(tickets.map(({ token }) => token)).size).toBe(tickets.length);
    for (const { notAfter } of tickets) expect(notAfter - goodSite.now).toBe(24 * 3_600_000);
  });
});

// It looks at each word of a unit and at the order they come to; programs are not here, so that is let pass.
const systemd = ["/usr/bin/systemd-analyze", "/bin/systemd-analyze"].find((path) =>
  existsSync(path),
);
const checker =
  systemd === undefined ? "systemd-analyze (skipped: not on this host)" : "systemd-analyze";
describe.skipIf(systemd === undefined)(checker, () => {
  const rows = ClusterNames.flatMap((name) => {
    return [...planOf(name).ignition].map(([file, text]) => ({ file, text }));
  });
  it.each(rows)("takes the units of $file", ({ text }) => {
    const folder = mkdtempSync(join(tmpdir(), "kindling-units-"));
    const units: { name: string; contents?: string }[] = JSON.parse(text).systemd.units;
    const written = units.flatMap(({ name, contents }) => {
      const file = join(folder, name);
      if (contents !== undefined) writeFileSync(file, contents);
      return contents === undefined ? [] : [file];
    });
    const env = { ...process.env, SYSTEMD_UNIT_PATH: `${folder}:` };
    const said = spawnSync(systemd ?? "", ["verify", "--man=no", ...written], {
      env,
      encoding: "utf8",
    });
    rmSync(folder, { recursive: true });
    const lines = said.stderr.split("\n").filter((line) => !/^$|is not executable/.test(line));
    expect(lines).toEqual([]);
  });
});

const validator = await findIgnitionValidate();
const skipped = "skipped: Debian's package ignition cannot be downloaded here";
const judge = validator === undefined ? `ignition-validate (${skipped})` : "ignition-validate";
describe.skipIf(validator === undefined)(judge, () => {
  const files = ClusterNames.flatMap((name) => {
    return [...planOf(name).ignition].map(([file, text]) => ({ file, text }));
  });
  it.each(files)("takes $file without a word", ({ text }) => {
    const said = execFileSync(validator ?? "", ["-"], { input: text, stdio: "pipe" });
    expect(said.toString()).toBe("");
  });
});
