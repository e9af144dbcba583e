import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runLine } from "../support/cli.ts";
import { clusterText } from "../support/cluster.ts";
import { putInstallable } from "../support/installable.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kindling-cli-cluster-"));
  write("kindling.yaml", `data: { folder: ${folder}/data }\n`);
  write("cluster.yaml", clusterText("smallest"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, text: string): void {
  const file = join(folder, path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, text);
}

/** A library with Flatcar in it, as a pull leaves it. */
const stock = () => putInstallable(join(folder, "data/assets"), flatcar);
const flatcar = { name: "flatcar", version: "4230.2.0", arch: "x86_64" } as const;

const cluster = (verb: string, ...flags: readonly string[]) =>
  runLine([
    ...["cluster", verb, join(folder, "cluster.yaml"), "--config", join(folder, "kindling.yaml")],
    ...["--origin", "http://10.77.0.1:8080", ...flags],
  ]);

describe("kindling cluster init", () => {
  it("prints a description that can be read", async () => {
    const { exit, out } = await runLine(["cluster", "init"]);
    expect(exit).toBe(0);
    write("cluster.yaml", out);
    expect((await cluster("validate")).exit).toBe(0);
  });

  it("takes a list of machines, and numbers them", async () => {
    write("list.csv", "label;nic\nc1;525400770101\n");
    const { exit, out } = await runLine([
      ...["cluster", "init", "--from-csv", join(folder, "list.csv"), "--role", "controller"],
      ...["--column", "name=label", "mac=nic", "--first-address", "10.77.0.9"],
    ]);
    expect(exit).toBe(0);
    expect(out).toContain("- { name: c1, mac: 52:54:00:77:01:01, address: 10.77.0.9 }");
  });

  it.each([
    { flags: ["--from-csv", "a", "--from-tfvars", "b"], exit: 2 },
    { flags: ["--from-csv", "/nonexistent"], exit: 78 },
    { flags: ["--role", "king"], exit: 2 },
  ])("$flags ends with $exit", async ({ flags, exit }) => {
    expect((await runLine(["cluster", "init", ...flags])).exit).toBe(exit);
  });
});

describe("kindling cluster validate", () => {
  it("tells what it cannot read with its place", async () => {
    write("cluster.yaml", clusterText("smallest").replace("10.77.0.11", "10.77.0"));
    const { exit, error } = await cluster("validate");
    expect(exit).toBe(78);
    expect(error).toMatch(/cluster\.yaml:5:50: controllers\.0\.address: want an IPv4 address/);
  });

  it("tells what does not hold, the cure, and what it could not look at", async () => {
    write("cluster.yaml", clusterText("smallest").replace("name: w1", "name: c1"));
    const { exit, out } = await cluster("validate");
    expect(exit).toBe(78);
    expect(out).toMatch(/error +\S+cluster\.yaml:7:13 +machine\.name-twice/);
    expect(out).toContain("  machine.name-twice: rename one\n");
    expect(out).toContain("not looked at, for lack of facts: network.lan-clash");
  });

  it("prints the same as JSON", async () => {
    const { exit, out } = await cluster("validate", "-o", "json");
    expect(exit).toBe(0);
    const told = JSON.parse(out);
    expect(told).toMatchObject({ valid: true, findings: [{ id: "machine.few", line: 1 }] });
    expect(told.unknown).toContain("image.missing");
  });
});

describe("kindling cluster render", () => {
  it("writes a data folder and the secrets beside it, and keeps them", async () => {
    stock();
    const to = join(folder, "out");
    expect(await cluster("render", "--to", to)).toMatchObject({ exit: 0, error: "" });
    const secrets = join(to, "secret/secrets.json");
    expect(statSync(secrets).mode & 0o777).toBe(0o600);
    const before = readFileSync(secrets, "utf8");
    write("out/groups/demo-gone.json", "{}");
    expect((await cluster("render", "--to", to)).exit).toBe(0);
    expect(readFileSync(secrets, "utf8")).toBe(before);
    expect(existsSync(join(to, "groups/demo-gone.json"))).toBe(false);
    expect(existsSync(join(to, "groups/demo-install-c1.json"))).toBe(true);
    expect((await cluster("render", "--to", to, "--renew")).exit).toBe(0);
    const after = JSON.parse(readFileSync(secrets, "utf8"));
    expect(after.authorities).toEqual(JSON.parse(before).authorities);
    expect(after.certificates).not.toEqual(JSON.parse(before).certificates);
    expect(after.joinTokens.c1).not.toBe(JSON.parse(before).joinTokens.c1);
  });

  it("writes over nobody's folder", async () => {
    stock();
    write("out/letter.txt", "dear");
    const { exit, error } = await cluster("render", "--to", join(folder, "out"));
    expect(exit).toBe(2);
    expect(error).toContain("holds other files");
  });

  it("writes an archive for its owner's eyes, and says what is in it", async () => {
    stock();
    const zip = join(folder, "out.zip");
    const { exit, out } = await cluster("render", "--zip", zip, "-o", "json");
    expect(exit).toBe(0);
    expect(JSON.parse(out).files).toContainEqual({ path: "secret/secrets.json", secret: true });
    expect(statSync(zip).mode & 0o777).toBe(0o600);
  });

  it.each([
    { name: "no place", flags: [], exit: 2, want: /want one of --to FOLDER and --zip FILE/ },
    { name: "no library", flags: ["--to", "x"], exit: 78, want: /there are no images/ },
  ])("$name ends with $exit", async ({ flags, exit, want }) => {
    const told = await cluster("render", ...flags);
    expect(told.exit).toBe(exit);
    expect(told.error).toMatch(want);
  });

  it("names a manifest that somebody broke", async () => {
    stock();
    write("data/assets/images/flatcar/4230.2.0/x86_64/manifest.json", "{}");
    const { exit, error } = await cluster("render", "--to", join(folder, "out"));
    expect(exit).toBe(78);
    expect(error).toMatch(/x86_64\/manifest\.json: .*: bring the image again/);
  });

  it("renders nothing that its rules refuse", async () => {
    stock();
    write("cluster.yaml", clusterText("smallest").replace("4230.2.0", "1.2.3"));
    const { exit, error } = await cluster("render", "--to", join(folder, "out"));
    expect(exit).toBe(78);
    expect(error).toMatch(/^image\.missing: .*: flatcar 1\.2\.3 for x86_64: import it/m);
    expect(existsSync(join(folder, "out"))).toBe(false);
  });
});
