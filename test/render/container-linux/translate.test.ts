import fc from "fast-check";
import { expect, it } from "vitest";
import { ButaneError } from "../../../src/render/butane/error.ts";
import { translateContainerLinux } from "../../../src/render/container-linux/translate.ts";

const ignitionOf = (text: string) => JSON.parse(translateContainerLinux(text).ignition);

it.each([
  { name: "nothing", text: "{}", want: {} },
  {
    name: "users and keys",
    text: "passwd: { users: [{ name: core, ssh_authorized_keys: [a], no_create_home: true }] }",
    want: { passwd: { users: [{ name: "core", sshAuthorizedKeys: ["a"], noCreateHome: true }] } },
  },
  {
    name: "units, on and masked",
    text: "systemd: { units: [{ name: a.service, enabled: true }, { name: b.service, mask: yes }] }",
    want: {
      systemd: {
        units: [
          { name: "a.service", enabled: true },
          { name: "b.service", mask: true },
        ],
      },
    },
  },
  {
    name: "networkd",
    text: 'networkd: { units: [{ name: 00-eth.network, contents: "[Match]\\nName=eth0" }] }',
    want: { networkd: { units: [{ name: "00-eth.network", contents: "[Match]\nName=eth0" }] } },
  },
  {
    name: "a file inline, on the root file system unless said otherwise",
    text: [
      "storage:",
      "  files:",
      "    - { path: /a, mode: 0644, contents: { inline: a b } }",
      "    - { path: /b, filesystem: oem, contents: { local: x } }",
    ].join("\n"),
    want: {
      storage: {
        files: [
          { filesystem: "root", path: "/a", mode: 420, contents: { source: "data:,a%20b" } },
          { filesystem: "oem", path: "/b", contents: { source: "data:,of%20x" } },
        ],
      },
    },
  },
  {
    name: "a remote file with its hash",
    text: [
      "storage:",
      "  files:",
      "    - path: /a",
      "      contents:",
      "        remote:",
      "          url: https://example.com/a",
      "          compression: gzip",
      "          verification: { hash: { function: sha512, sum: abc } }",
    ].join("\n"),
    want: {
      storage: {
        files: [
          {
            filesystem: "root",
            path: "/a",
            contents: {
              source: "https://example.com/a",
              compression: "gzip",
              verification: { hash: "sha512-abc" },
            },
          },
        ],
      },
    },
  },
  {
    name: "disks, arrays and file systems",
    text: [
      "storage:",
      "  disks:",
      "    - device: /dev/sda",
      "      wipe_table: true",
      "      partitions: [{ label: a, number: 1, size: 2GiB, start: 1MiB }]",
      "  raid: [{ name: r, level: raid1, devices: [/dev/sdb, /dev/sdc] }]",
      "  filesystems:",
      "    - { name: r, mount: { device: /dev/md/r, format: ext4, wipe_filesystem: true } }",
      "  directories: [{ path: /d, mode: 0755 }]",
      "  links: [{ path: /l, target: /d }]",
    ].join("\n"),
    want: {
      storage: {
        disks: [
          {
            device: "/dev/sda",
            wipeTable: true,
            partitions: [{ label: "a", number: 1, sizeMiB: 2048, startMiB: 1 }],
          },
        ],
        raid: [{ name: "r", level: "raid1", devices: ["/dev/sdb", "/dev/sdc"] }],
        filesystems: [
          { name: "r", mount: { device: "/dev/md/r", format: "ext4", wipeFilesystem: true } },
        ],
        directories: [{ filesystem: "root", path: "/d", mode: 493 }],
        links: [{ filesystem: "root", path: "/l", target: "/d" }],
      },
    },
  },
])("translates $name", ({ text, want }) => {
  const files = (path: string) => Buffer.from(`of ${path}`);
  const { ignition } = translateContainerLinux(text, { files });
  expect(JSON.parse(ignition)).toEqual({ ...want, ignition: { version: "2.3.0" } });
});

it("keeps the section ignition besides the version", () => {
  const text =
    "ignition: { config: { append: [{ source: 'https://a' }] }, timeouts: { http_total: 5 } }";
  expect(ignitionOf(text).ignition).toEqual({
    version: "2.3.0",
    config: { append: [{ source: "https://a" }] },
    timeouts: { httpTotal: 5 },
  });
});

it.each([
  {
    name: "etcd",
    text: "etcd: { name: x }",
    want: "line 1 column 1: section etcd is not supported",
  },
  { name: "flannel", text: "a: 1\nflannel: {}", want: "line 2 column 1: section flannel is not" },
  { name: "docker", text: "docker: {}", want: "section docker is not supported" },
  { name: "a size without unit", text: disk("size: 5"), want: "want a size such as 512MiB, got 5" },
  { name: "a relative path", text: "storage: { files: [{ path: a }] }", want: "want an absolute" },
  { name: "a broken unit", text: "systemd: { units: [{ name: a }] }", want: "want a name such as" },
  { name: "dynamic data", text: file("inline: 'x {PRIVATE_IPV4}'"), want: "{PRIVATE_IPV4}" },
  { name: "a local file nobody has", text: file("local: x"), want: "no local file x here" },
  { name: "two contents", text: file("inline: a, local: x"), want: "want one of inline, local" },
  { name: "a list", text: "[]", want: "want an object" },
])("refuses $name", ({ text, want }) => {
  expect(() => translateContainerLinux(text)).toThrow(want);
});

it("tells unknown keys and goes on", () => {
  const { warnings } = translateContainerLinux("passwd: { odd: 1 }");
  expect(warnings).toEqual([
    expect.objectContaining({ kind: "warning", path: "$.passwd.odd", line: 1, column: 11 }),
  ]);
});

it("throws nothing but ButaneError for any text", () => {
  const piece = fc.constantFrom(
    "storage: ",
    "{",
    "}",
    "[",
    "]",
    "files: ",
    "path: /a",
    "\n  ",
    "- ",
  );
  fc.assert(
    fc.property(
      fc.array(fc.oneof(piece, fc.string({ maxLength: 5 })), { maxLength: 12 }),
      (all) => {
        try {
          translateContainerLinux(all.join(""));
        } catch (error) {
          expect(error).toBeInstanceOf(ButaneError);
        }
      },
    ),
    { numRuns: 500 },
  );
});

function disk(partition: string): string {
  return `storage: { disks: [{ device: /dev/a, partitions: [{ ${partition} }] }] }`;
}

function file(contents: string): string {
  return `storage: { files: [{ path: /a, contents: { ${contents} } }] }`;
}
