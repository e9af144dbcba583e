import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const script = join(import.meta.dirname, "../../images/installer/install.sh");
const folder = mkdtempSync(join(tmpdir(), "kindling-install-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The shells that live systems have for sh; those that are not on this machine say so. */
const Shells = [["sh"], ["dash"], ["busybox", "sh"], ["bash", "--posix"]] as const;
const here = Shells.filter(
  ([program, ...rest]) => spawnSync(program, [...rest, "-c", "exit 0"]).status === 0,
);
const missing = Shells.filter((shell) => !here.includes(shell));
it.skip.each(missing)("%s is not on this machine", () => {});

const gb = 1_000_000_000;
type Row = {
  readonly path: string;
  readonly bytes: number;
  readonly removable?: 1;
  readonly readonly?: 1;
  readonly used?: 1;
  readonly serial?: string;
  readonly ids?: string;
};
const stick: Row = { path: "/dev/sda", bytes: 8 * gb, removable: 1, ids: "usb-Stick-0:0" };
const ssd: Row = { path: "/dev/sdb", bytes: 256 * gb, serial: "S1 A", ids: "ata-SSD_S1,wwn-0x5" };
const small: Row = { path: "/dev/sdc", bytes: 32 * gb, serial: "S2" };
const twin: Row = { path: "/dev/sdd", bytes: 32 * gb, serial: "S2" };
const nvme: Row = { path: "/dev/nvme0n1", bytes: 960 * gb, serial: "N1", ids: "nvme-N1" };
const live: Row = { path: "/dev/sde", bytes: 16 * gb, used: 1, serial: "L" };
const locked: Row = { path: "/dev/sdf", bytes: 4 * gb, readonly: 1, serial: "RO" };

function listing(disks: readonly Row[]): string {
  return disks
    .map(({ path, bytes, removable = 0, readonly = 0, used = 0, serial = "-", ids = "-" }) =>
      [path, bytes, removable, readonly, used, serial, ids].join("\t"),
    )
    .map((line) => `${line}\n`)
    .join("");
}

const all = [stick, ssd, small, nvme, live, locked];

describe.each(here.map((shell) => ({ shell })))("the disk that $shell chooses", ({ shell }) => {
  const [program, ...rest] = shell;
  const choose = (rule: string, disks: readonly Row[]) => {
    const words = [...rest, script, "choose", rule];
    const done = spawnSync(program, words, { input: listing(disks), encoding: "utf8" });
    return done.status === 0 ? done.stdout.trim() : done.stderr.trim();
  };

  it.each([
    {
      name: "the smallest that stays in the machine",
      rule: "smallest",
      disks: all,
      want: "/dev/sdc",
    },
    { name: "the first of two equals", rule: "smallest", disks: [twin, small], want: "/dev/sdd" },
    { name: "the first that is large enough", rule: "first:20", disks: all, want: "/dev/sdb" },
    { name: "one of exactly that size", rule: "first:32", disks: [small], want: "/dev/sdc" },
    { name: "the first at all", rule: "first:0", disks: all, want: "/dev/sdb" },
    { name: "a path", rule: "path:/dev/nvme0n1", disks: all, want: "/dev/nvme0n1" },
    { name: "a stick that is named", rule: "path:/dev/sda", disks: all, want: "/dev/sda" },
    { name: "any of a disk's names", rule: "by-id:wwn-0x5", disks: all, want: "/dev/sdb" },
    { name: "a serial number with a space", rule: "serial:S1 A", disks: all, want: "/dev/sdb" },
  ])("is $name", ({ rule, disks, want }) => {
    expect(choose(rule, disks)).toBe(want);
  });

  it.each([
    { name: "no disk", rule: "smallest", disks: [], want: /^no disk fits .*there are: none$/ },
    { name: "sticks alone", rule: "smallest", disks: [stick], want: /no disk fits.*\/dev\/sda/ },
    { name: "none that is large enough", rule: "first:2000", disks: all, want: /no disk fits/ },
    { name: "half a name", rule: "by-id:wwn-0x", disks: all, want: /no disk fits/ },
    { name: "a serial number that only begins so", rule: "serial:S", disks: all, want: /no disk/ },
    {
      name: "a serial number twice",
      rule: "serial:S2",
      disks: [small, twin],
      want: /both \/dev\/sdc and \/dev\/sdd/,
    },
    {
      name: "the disk it runs from",
      rule: "path:/dev/sde",
      disks: all,
      want: /in use by this live/,
    },
    { name: "a locked disk", rule: "serial:RO", disks: all, want: /is read-only$/ },
    { name: "no rule", rule: "", disks: all, want: /^want the rule smallest.*got ''$/ },
    { name: "an unknown rule", rule: "largest", disks: all, want: /got 'largest'$/ },
    { name: "a size that is none", rule: "first:20GB", disks: all, want: /got 'first:20GB'$/ },
    { name: "a relative path", rule: "path:sda", disks: all, want: /got 'path:sda'$/ },
  ])("is none, with the reason, for $name", ({ rule, disks, want }) => {
    expect(choose(rule, disks)).toMatch(want);
  });
});

describe.each(here.map((shell) => ({ shell })))("settings that $shell refuses", ({ shell }) => {
  const good = {
    KINDLING_MACHINE: "52-54-00-77-00-10",
    KINDLING_IMAGE_URL: "http://10.77.0.1/image?a=1&b=$(touch evil)",
    KINDLING_IMAGE_SHA256: "0".repeat(64),
    KINDLING_IMAGE_FORMAT: "raw",
    KINDLING_DISK_RULE: "serial:no-such-disk",
  };
  const install = (settings: Readonly<Record<string, string>>) => {
    const file = join(folder, "install.env");
    writeFileSync(
      file,
      Object.entries(settings)
        .map((row) => `${row.join("=")}\n`)
        .join(""),
    );
    const [program, ...rest] = shell;
    const env = { PATH: process.env["PATH"] ?? "", TMPDIR: folder };
    const done = spawnSync(program, [...rest, script, file], {
      encoding: "utf8",
      env,
      cwd: folder,
    });
    return { code: done.status, said: done.stdout + done.stderr };
  };

  it.each([
    { name: "no machine", change: { KINDLING_MACHINE: "" }, want: /want KINDLING_MACHINE in / },
    { name: "no image", change: { KINDLING_IMAGE_URL: "" }, want: /want KINDLING_IMAGE_URL in / },
    {
      name: "a short checksum",
      change: { KINDLING_IMAGE_SHA256: "abc" },
      want: /want 64 digits .*got 3/,
    },
    {
      name: "a checksum of words",
      change: { KINDLING_IMAGE_SHA256: "no" },
      want: /as hexadecimal digits/,
    },
    { name: "a format", change: { KINDLING_IMAGE_FORMAT: "qcow2" }, want: /raw\.bz2, got qcow2/ },
    {
      name: "a disk that is not there",
      change: {},
      want: /in=choosing no disk fits the rule serial:no/,
    },
  ])("$name", ({ change, want }) => {
    const { code, said } = install({ ...good, ...change });
    expect(said).toMatch(want);
    expect(code).toBe(1);
  });
});
