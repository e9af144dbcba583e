import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runShell, shellsHere } from "../support/shells.ts";

// The whole of an installation onto a file, in the place of a disk: what speaks to the kernel, to the
// network and to the power switch is replaced behind the script's own functions.

const script = join(import.meta.dirname, "../../images/installer/install.sh");
const mib = 1024 * 1024;
const image = randomBytes(3 * mib + 12_345);
const sum = createHash("sha256").update(image).digest("hex");
const ignition = `{"ignition":{"version":"3.3.0"}}`;
const old = Buffer.alloc(8 * mib, 0x55);

let folder = "";
const at = (name: string) => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kindling-write-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** In the place of curl: gives the file that the URL ends in, keeps what is posted; "broken" is a peer lost. */
const curl = `#!/bin/sh
file=
for word; do
  [ "$before" != --output ] || file=$word
  before=$word
done
name=\${word##*/}
case "$*" in
  *--data-binary*) printf '%s\\n' "$(cat)" >> told ;;
  *--head*) printf 'HTTP/1.1 200 OK\\r\\nContent-Length: 4711\\r\\n' ;;
  *broken*) head -c 1000 "$name"; echo 'curl: (18) transfer closed' >&2; exit 18 ;;
  *) if [ -n "$file" ]; then cp "$name" "$file"; else cat "$name"; fi ;;
esac
`;

const replaced = `
probe_disks() { printf '%s\t${old.length}\t0\t0\t0\tS1\t-\n' "$PWD/disk"; }
lsblk() { echo "$PWD/disk1  bios"; echo "$PWD/disk3 $LABEL $LABEL"; }
mount() { rm -rf "$2" && ln -s "$PWD/part" "$2"; }
umount() { rm "$1"; }
blockdev() { :; }
udevadm() { :; }
sleep() { command sleep 0.1; }
restart() { echo '{"stage":"restarted"}' >> told; }
`;

const good = {
  KINDLING_MACHINE: "52-54-00-77-00-10",
  KINDLING_IMAGE_URL: "http://10.77.0.1/image.gz",
  KINDLING_IMAGE_FORMAT: "raw.gz",
  KINDLING_IMAGE_SHA256: sum,
  KINDLING_DISK_RULE: "smallest",
  KINDLING_IGNITION_URL: "http://10.77.0.1/node.ign",
  KINDLING_PROGRESS_URL: "http://10.77.0.1/progress",
};

type Told = { readonly stage: string; readonly message: string };

function install(
  shell: readonly string[],
  change: Readonly<Record<string, string>>,
  label = "boot",
) {
  writeFileSync(at("disk"), old);
  writeFileSync(at("image.gz"), gzipSync(image));
  writeFileSync(at("image.zst"), zstdCompressSync(image));
  writeFileSync(at("image.cut"), gzipSync(image).subarray(0, -5000));
  writeFileSync(at("image.raw"), image);
  writeFileSync(at("node.ign"), ignition);
  writeFileSync(at("login.html"), "<html>please log in</html>");
  mkdirSync(at("part"));
  const settings = Object.entries({ ...good, ...change }).map((row) => row.join("="));
  writeFileSync(at("install.env"), settings.join("\n"));
  mkdirSync(at("bin"));
  writeFileSync(at("bin/curl"), curl, { mode: 0o755 });
  const own = readFileSync(script, "utf8").replace(/\nmain "\$@"\n$/, "\n");
  writeFileSync(at("script"), `${own}${replaced}install_image install.env\n`);
  const env = { PATH: `${at("bin")}:${process.env["PATH"]}`, TMPDIR: folder, LABEL: label };
  const { status, stdout, stderr } = runShell(shell, ["script"], { cwd: folder, env });
  const lines = existsSync(at("told")) ? readFileSync(at("told"), "utf8").trim().split("\n") : [];
  const told: readonly Told[] = lines.map((line) => JSON.parse(line));
  return { status, said: stdout + stderr, told, disk: readFileSync(at("disk")) };
}

const stagesOf = (told: readonly Told[]) => [...new Set(told.map(({ stage }) => stage))];

describe.each(shellsHere())("an installation by $shell", ({ shell }) => {
  it.each([
    { format: "raw.gz", file: "image.gz" },
    { format: "raw.zst", file: "image.zst" },
    { format: "raw", file: "image.raw" },
  ])("writes $format, leaves the configuration and tells each stage", ({ format, file }) => {
    const change = {
      KINDLING_IMAGE_FORMAT: format,
      KINDLING_IMAGE_URL: `http://10.77.0.1/${file}`,
    };
    const { status, told, disk, said } = install(shell, change);
    expect(status, said).toBe(0);
    expect(disk.subarray(0, image.length).equals(image)).toBe(true);
    expect(readFileSync(at("part/ignition/config.ign"), "utf8")).toBe(ignition);
    expect(stagesOf(told)).toEqual([
      ...["probing", "choosing", "writing", "verifying", "configuring", "installed"],
      "restarted",
    ]);
    const machine = good.KINDLING_MACHINE;
    const total = 4711;
    const message = `erasing ${at("disk")}: ${old.length} bytes, serial S1, by-id -`;
    expect(told).toContainEqual({ machine, stage: "choosing", bytes: 0, total, message });
    const done = { stage: "installed", bytes: total, total, message: at("disk") };
    expect(told.at(-2)).toEqual({ machine, ...done });
  });

  it("leaves the configuration where Flatcar looks on its partition OEM", () => {
    install(shell, {}, "OEM");
    expect(readFileSync(at("part/config.ign"), "utf8")).toBe(ignition);
  });

  it("stays without a restart when told to, and without a configuration where none is named", () => {
    const { told } = install(shell, { KINDLING_THEN: "stay", KINDLING_IGNITION_URL: "" });
    expect(told.at(-1)?.stage).toBe("installed");
    expect(existsSync(at("part/ignition"))).toBe(false);
  });

  it.each([
    {
      name: "another image",
      change: { KINDLING_IMAGE_SHA256: "0".repeat(64) },
      want: /^verifying: want sha256 0{64}, got [0-9a-f]{64}; nothing on .* starts/,
    },
    {
      name: "a broken download",
      change: { KINDLING_IMAGE_URL: "http://broken/image.gz" },
      want: /^writing: fetching http:\/\/broken\/image.gz: curl: \(18\) transfer closed/,
    },
    {
      name: "a cut archive",
      change: { KINDLING_IMAGE_URL: "http://10.77.0.1/image.cut" },
      want: /^writing: unpacking as raw\.gz: /,
    },
  ])("leaves a disk that starts nothing after $name", ({ change, want }) => {
    const { status, told, disk } = install(shell, change);
    expect(status).toBe(1);
    expect(told.at(-1)).toMatchObject({ stage: "failed", message: expect.stringMatching(want) });
    expect(disk.subarray(0, mib).equals(Buffer.alloc(mib))).toBe(true);
    expect(existsSync(at("part/ignition"))).toBe(false);
  });

  it.each([
    {
      name: "configuration",
      change: { KINDLING_IGNITION_URL: "http://10.77.0.1/gone.ign" },
      want: /choosing: fetching http/,
    },
    {
      name: "configuration that is one",
      change: { KINDLING_IGNITION_URL: "http://10.77.0.1/login.html" },
      want: /no JSON object/,
    },
    { name: "disk", change: { KINDLING_DISK_RULE: "serial:other" }, want: /no disk fits/ },
  ])("leaves the disk as it was without a $name", ({ change, want }) => {
    const { status, told, disk } = install(shell, change);
    expect(status).toBe(1);
    expect(told.at(-1)).toMatchObject({ stage: "failed", message: expect.stringMatching(want) });
    expect(disk.equals(old)).toBe(true);
  });

  it("says which partitions there are when none takes a configuration", () => {
    const { told } = install(shell, {}, "other");
    expect(told.at(-1)?.message).toMatch(
      /^configuring: .*no partition OEM or boot.*disk3 other other/,
    );
  });
});
