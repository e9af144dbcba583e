import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CpioEntry, formatCpio, labInitramfs } from "../../src/lab/initramfs.ts";

const bytes = (text: string) => Buffer.from(text, "utf8");

describe("formatCpio", () => {
  it("writes the header, name and data of a file, padded to four bytes", () => {
    const entry: CpioEntry = { kind: "file", path: "init", data: bytes("hello"), mode: 0o755 };
    const archive = Buffer.from(formatCpio([entry])).toString("latin1");
    const fields = ["00000001", "000081ed", "00000000", "00000000", "00000001", "00000000"];
    const rest = ["00000005", ...Array(4).fill("00000000"), "00000005", "00000000"];
    const head = `070701${[...fields, ...rest].join("")}`;
    expect(archive.slice(0, 124)).toBe(`${head}init\0\0hello\0\0\0`.slice(0, 124));
  });

  it.each([
    { name: "a folder", entry: { kind: "folder", path: "a" }, mode: "000041ed", data: "" },
    {
      name: "one of its own mode",
      entry: { kind: "folder", path: "a", mode: 0o1777 },
      mode: "000043ff",
      data: "",
    },
    {
      name: "a link, by where it leads",
      entry: { kind: "link", path: "a", target: "b/c" },
      mode: "0000a1ff",
      data: "b/c",
    },
    {
      name: "setuid",
      entry: { kind: "file", path: "a", data: bytes("x"), mode: 0o4755 },
      mode: "000089ed",
      data: "x",
    },
  ] as const)("writes $name", ({ entry, mode, data }) => {
    const archive = Buffer.from(formatCpio([entry])).toString("latin1");
    expect(archive.slice(14, 22)).toBe(mode);
    expect(archive.slice(112, 112 + data.length)).toBe(data);
  });

  it("ends with the trailer that the kernel waits for", () => {
    const archive = Buffer.from(formatCpio([]));
    expect(archive.toString("latin1")).toContain("TRAILER!!!\0");
    expect(archive.length % 4).toBe(0);
  });

  it("gives back every file to a reader that follows the format", () => {
    const file = fc.record({
      kind: fc.constant("file" as const),
      path: fc.stringMatching(/^[a-z]{1,20}$/),
      data: fc.uint8Array({ maxLength: 40 }),
      mode: fc.constantFrom(0o644 as const, 0o755 as const),
    });
    fc.assert(
      fc.property(fc.array(file), (files) => {
        const read = readCpio(formatCpio(files));
        expect(read).toEqual(files.map(({ path, data }) => [path, Buffer.from(data)]));
      }),
    );
  });
});

describe("labInitramfs", () => {
  const linux = {
    busybox: bytes("b"),
    init: bytes("i"),
    lease: bytes("l"),
    modules: [
      { file: "virtio_ring.ko", data: bytes("1") },
      { file: "virtio.ko.xz", data: bytes("2") },
    ],
  };

  it("names the modules in loading order, whatever their compression", () => {
    const order = labInitramfs(linux).find((entry) => entry.path === "lib/modules/order");
    expect(order?.kind === "file" && Buffer.from(order.data).toString()).toBe(
      "virtio_ring\nvirtio\n",
    );
  });

  it("lists each folder before what is in it", () => {
    const paths = labInitramfs(linux).map((entry) => entry.path);
    for (const path of paths.filter((path) => path.includes("/"))) {
      const parent = path.slice(0, path.lastIndexOf("/"));
      expect(paths.indexOf(parent)).toBeGreaterThanOrEqual(0);
      expect(paths.indexOf(parent)).toBeLessThan(paths.indexOf(path));
    }
  });
});

describe("the scripts of the lab's machines", () => {
  const scripts = [
    "lab-linux/init",
    "lab-linux/lease",
    "lab-ignition/install",
    "lab-ignition/disk-init",
    "lab-ignition/system-init",
  ];
  it.each(scripts)("%s parses", (file) => {
    execFileSync("sh", ["-n", `${import.meta.dirname}/../../images/${file}`]);
  });
});

// Written from the format's description, not from the writer.
function readCpio(archive: Uint8Array): [string, Buffer][] {
  const all = Buffer.from(archive);
  const found: [string, Buffer][] = [];
  for (let at = 0; at < all.length; ) {
    const field = (index: number) =>
      Number.parseInt(all.toString("latin1", at + 6 + 8 * index, at + 14 + 8 * index), 16);
    const nameEnd = at + 110 + field(11);
    const name = all.toString("utf8", at + 110, nameEnd - 1);
    const data = Math.ceil(nameEnd / 4) * 4;
    if (name === "TRAILER!!!") return found;
    found.push([name, all.subarray(data, data + field(6))]);
    at = Math.ceil((data + field(6)) / 4) * 4;
  }
  throw new Error("no trailer");
}
