import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runLine } from "../support/cli.ts";

const mac = "52:54:00:77:00:10";
let folder: string;

async function write(path: string, content: unknown): Promise<void> {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kindling-cli-"));
  await write("groups/default.json", { profile: "gone" });
  await write("groups/node.json", {
    profile: "worker",
    selector: { mac },
    metadata: { port: 8080, mac: "hidden" },
  });
  await write("groups/installed.json", { profile: "worker", selector: { mac, os: "installed" } });
  await write("profiles/worker.json", {
    id: "worker",
    ignition_id: "w.ign",
    generic_id: "w.txt",
    boot: { kernel: "/k" },
  });
  await write("ignition/w.ign", "{}");
});
afterEach(() => rm(folder, { recursive: true }));

describe("render", () => {
  const render = (...argv: string[]) => runLine(["render", "--data-folder", folder, ...argv]);

  it("prints what the machine would be told", async () => {
    expect(await render("--mac", mac)).toEqual({
      exit: 0,
      out: "#!ipxe\nkernel /k\nboot\n",
      error: "",
    });
    const metadata = await render("--mac", mac, "--what", "metadata", "--label", "a=b=c");
    expect(metadata.out).toContain("REQUEST_QUERY_A=b=c\n");
  });

  it.each([
    { argv: [], exit: 3, error: "nothing to boot" },
    { argv: ["--mac", "broken"], exit: 3, error: "label ignored" },
    { argv: ["--mac", mac, "--what", "generic"], exit: 3, error: "no such file" },
    { argv: ["--mac", mac, "--what", "ignition"], exit: 3, error: "want ignition.version" },
    { argv: ["--what", "bread"], exit: 2, error: "want one of" },
    { argv: ["--label", "x"], exit: 2, error: "want name=value" },
    { argv: ["--data-folder", "/nowhere"], exit: 2, error: "want a folder" },
  ])("with $argv ends with $exit", async ({ argv, exit, error }) => {
    const got = await render(...argv);
    expect(got).toMatchObject({ exit, out: "" });
    expect(got.error).toContain(error);
  });
});

describe("explain", () => {
  const explain = (...argv: string[]) => runLine(["explain", "--data-folder", folder, ...argv]);

  it("tells each group, the profile, and every variable with its origin", async () => {
    await write("groups/broken.json", "{");
    const { exit, out } = await explain("--mac", mac);
    expect(exit).toBe(0);
    expect(out).toContain(
      [
        "labels",
        `  mac=${mac}`,
        "",
        "groups, in the order they are tried",
        "  installed: selector os=installed: label absent",
        "* node: every selector matches",
        "  default: matches too, but node is tried before it",
        "",
        "profile",
        "  worker: kernel /k, ignition w.ign, generic w.txt",
        "",
        "variables",
        "  port = 8080  (group)",
        `  mac = "${mac}"  (selector)`,
      ].join("\n"),
    );
    expect(out).toContain("files left out\n  groups/broken.json:1:2: want");
  });

  it("tells which partials the profile's templates call, and where from", async () => {
    await write("generic/w.txt", '{{template "a" .}}{{template "gone"}}');
    await write("templates/a.tmpl", '{{template "b" .}}');
    await write("templates/b.tmpl", '{{template "a" .}}{{');
    const { out } = await explain("--mac", mac);
    expect(out).toContain(
      [
        "partials",
        "  a = templates/a.tmpl, called by generic/w.txt",
        "  gone = templates/gone.tmpl, called by generic/w.txt: is missing",
        "  b = templates/b.tmpl, called by templates/a.tmpl: unclosed action",
      ].join("\n"),
    );
    await write("templates/b.tmpl", '{{template "a" .}}');
    const told = JSON.parse((await explain("--mac", mac, "-o", "json")).out);
    const [generic, a, b] = ["generic/w.txt", "templates/a.tmpl", "templates/b.tmpl"];
    expect(told.partials).toEqual([
      { name: "a", file: a, callers: [generic, b] },
      { name: "gone", file: "templates/gone.tmpl", callers: [generic], trouble: "is missing" },
      { name: "b", file: b, callers: [a] },
    ]);
  });

  it("tells a profile that is not there", async () => {
    const { exit, out } = await explain();
    expect(exit).toBe(3);
    expect(out).toContain("profiles/gone.json, named by default, is missing or broken");
  });

  it("shows the nearest of many groups, and all of them as JSON", async () => {
    for (let count = 0; count < 30; count += 1) {
      await write(`groups/g${count}.json`, { profile: "x", selector: { rack: `${count}` } });
    }
    expect((await explain("--mac", mac)).out).toContain("11 more do not match");
    const json = JSON.parse((await explain("--mac", mac, "-o", "json")).out);
    expect(json.groups).toHaveLength(33);
  });
});

describe("import", () => {
  const run = (...argv: string[]) => runLine(["import", ...argv]);

  it("tells every trouble of a folder", async () => {
    await write("groups/double.json", { profile: "worker", selector: { mac } });
    await write("profiles/bad.json", { id: 7 });
    const { exit, out } = await run("matchbox", folder);
    expect(exit).toBe(1);
    expect(out.split("\n")).toEqual([
      "4 groups, 1 profiles",
      'profiles/bad.json:1:7: left out: want a string for "id", got number',
      `groups/double.json hides node: all select "mac=${mac}"`,
      'groups/default.json: there is no profile "gone"',
      "profiles/worker.json: ignition/w.ign: want ignition.version, got none",
      "profiles/worker.json: generic/w.txt: is missing",
      "",
    ]);
  });

  it("copies it once", async () => {
    const to = join(folder, "copy");
    expect((await run("matchbox", folder, "--to", to)).out).toContain("copied to");
    expect((await readdir(to)).sort()).toEqual(["groups", "ignition", "profiles"]);
    const again = await run("matchbox", folder, "--to", to);
    expect(again.exit).toBe(2);
    expect(again.error).toContain("is not empty");
  });

  it("knows no other folders", async () => {
    expect((await run("cobbler", folder)).exit).toBe(2);
  });
});
