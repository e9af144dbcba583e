import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { expandWords } from "../../src/cli/bootcmd.ts";
import { formatColumns, formatTabbed } from "../../src/cli/columns.ts";
import { runLine } from "../support/cli.ts";
import { openRpcRig, type RpcRig } from "../support/rpc-rig.ts";

let rig: RpcRig;
let flags: readonly string[];
beforeEach(async () => {
  rig = await openRpcRig();
  flags = await rig.clientFlags();
  await rig.write(
    "in/g.json",
    '{"id":"g","name":"A group","profile":"p","selector":{"b":"2","a":"1"}}',
  );
  await rig.write(
    "in/p.json",
    '{"id":"p","ignition_id":"x.ign","boot":{"kernel":"/k","args":["a","b"]}}',
  );
  await rig.write("in/x.ign", "\u00e4\n");
  await rig.write("in/bad.json", '{"id":');
});
afterEach(() => rig[Symbol.asyncDispose]());

/** Runs one command line; `@x` is a file below `in`. */
async function run(line: string, more = flags) {
  const words = line.split(" ").map((word) => word.replace(/^@/, join(rig.folder, "in/")));
  const result = await runLine([...words, ...more]);
  return { ...result, error: result.error.replaceAll(rig.folder, "<root>") };
}

describe("kindling group, profile, ignition, generic", () => {
  it("put, list, show and remove", async () => {
    for (const line of ["group put @g.json", "profile put @p.json", "ignition put @x.ign"]) {
      expect(await run(line)).toEqual({ exit: 0, out: "", error: "" });
    }
    expect((await run("group ls")).out).toBe(
      "ID  NAME     SELECTOR  PROFILE\ng   A group  a=1,b=2   p\n",
    );
    expect((await run("profile ls")).out).toBe(
      "ID  NAME  IGNITION  GENERIC  KERNEL\np         x.ign              /k\n",
    );
    expect((await run("ignition ls")).out).toBe("NAME   PROFILES\nx.ign  p\n");
    expect((await run("ignition show x.ign")).out).toBe("\u00e4\n");
    expect((await run("group show g")).out).toBe(`${await rig.read("groups/g.json")}\n`);
    expect((await run("group rm g")).exit).toBe(0);
    expect((await run("group ls")).out).toBe("ID  NAME  SELECTOR  PROFILE\n");
  });

  it.each([
    { line: "group show x", exit: 3, says: "open <root>/groups/x.json: no such file or directory" },
    { line: "generic rm x", exit: 3, says: "remove <root>/generic/x: no such file or directory" },
    {
      line: "group put @bad.json",
      exit: 1,
      says: "bad.json: want a value, got the end of the file",
    },
    { line: "group put @none.json", exit: 2, says: "cannot read <root>/in/none.json (ENOENT)" },
    { line: "profile show ..", exit: 1, says: "the name names no file" },
    { line: "group ls --endpoints nowhere", exit: 2, says: 'want host:port, got "nowhere"' },
    { line: "group ls --key-file /none", exit: 78, says: "cannot read /none (ENOENT)" },
    { line: "group sell", exit: 2, says: "unknown command" },
  ])("$line ends with $exit", async ({ line, exit, says }) => {
    const [first = "", ...given] = line.split(" --");
    const more = given.flatMap((flag) => `--${flag}`.split(" "));
    const result = await run(first, [...flags, ...more]);
    expect(result.error).toContain(says);
    expect(result).toMatchObject({ exit, out: "" });
  });

  it("goes on to the next endpoint when one is gone", async () => {
    await run("group put @g.json");
    const endpoints = ["--endpoints", `127.0.0.1:1,${rig.endpoint}`];
    expect(await run("group ls", [...flags, ...endpoints])).toMatchObject({ exit: 0, error: "" });
  });

  it("says what to look at when nobody answers", async () => {
    const result = await run("group ls", [...flags, "--endpoints", "127.0.0.1:1"]);
    expect(result.exit).toBe(1);
    expect(result.error).toMatch(/ECONNREFUSED.*is the daemon's rpc\.port set/);
  });
});

describe("kindling bootcmd", () => {
  it("prints matchbox's tables", async () => {
    for (const line of [
      "gro cr -f @g.json",
      "profile create --filename @p.json",
      "ign c -f @x.ign",
    ]) {
      expect(await run(`bootcmd ${line}`)).toEqual({ exit: 0, out: "", error: "" });
    }
    expect((await run("bootcmd gro li")).out).toBe(
      "ID\tGROUP NAME\tSELECTORS\t\t\t\tPROFILE\n" +
        'g\tA group\t\tmap[string]string{"a":"1", "b":"2"}\tp\n',
    );
    expect((await run("bootcmd profile describe p")).out).toBe(
      "ID\tPROFILE NAME\tIGNITION\tCLOUD\tKERNEL\tINITRD\tARGS\n" +
        "p\t\t\tx.ign\t\t\t/k\t[]\t[a b]\n",
    );
    expect((await run("bootcmd instance list")).out).toBe("not implemented\n");
    expect((await run("bootcmd version")).out).toBe("9.9.9\n");
  });

  it.each([
    { line: "group describe x", exit: 1 },
    { line: "group list --endpoints x", exit: 2 },
    { line: "group list --ca-file /none", exit: 128 },
    { line: "nonsense", exit: 255 },
    { line: "group create", exit: 255 },
  ])("$line ends with $exit and says why", async ({ line, exit }) => {
    const [first = "", flag] = line.split(" --");
    const more = flag === undefined ? [] : `--${flag}`.split(" ");
    const result = await run(`bootcmd ${first}`, [...flags, ...more]);
    expect(result).toMatchObject({ exit, out: "" });
    expect(result.error).toMatch(/^(Error:\s\s|error: )./);
  });
});

describe("expandWords", () => {
  it.each([
    { words: "gro li", want: "group list" },
    { words: "--endpoints g pro des g", want: "--endpoints g profile describe g" },
    { words: "g list", want: "g list" },
    { words: "group list li", want: "group list li" },
  ])("'$words' is '$want'", ({ words, want }) => {
    expect(expandWords(words.split(" ")).join(" ")).toBe(want);
  });
});

describe("columns", () => {
  it("stand under each other", () => {
    const rows = [
      ["A", "LONG", "C"],
      ["12345678", "x", "y"],
    ];
    expect(formatColumns(rows)).toBe("A         LONG  C\n12345678  x     y\n");
    expect(formatTabbed(rows)).toBe("A\t\tLONG\tC\n12345678\tx\ty\n");
  });
});
