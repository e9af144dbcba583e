import { assertNever } from "../errors.ts";

/** One member of an archive; `path` is relative and its folders come before it. */
export type CpioEntry =
  /** The mode is 0755 where none is said. */
  | { readonly kind: "folder"; readonly path: string; readonly mode?: number }
  | { readonly kind: "link"; readonly path: string; readonly target: string }
  | {
      readonly kind: "file";
      readonly path: string;
      readonly data: Uint8Array;
      /** Permissions, with the bits for setuid and its like. */
      readonly mode: number;
    };

/** What the lab's Linux is made of; modules are in the order in which they are loaded. */
export type LabLinux = {
  readonly busybox: Uint8Array;
  readonly init: Uint8Array;
  readonly lease: Uint8Array;
  readonly modules: readonly { readonly file: string; readonly data: Uint8Array }[];
};

/** The files of the initial RAM disk of a lab machine. */
export function labInitramfs(linux: LabLinux): readonly CpioEntry[] {
  const order = linux.modules.map((module) => `${module.file.replace(/\.ko(\.xz)?$/, "")}\n`);
  return [
    ...["bin", "dev", "etc", "lib", "lib/modules", "proc", "sys", "tmp"].map(folder),
    program("bin/busybox", linux.busybox),
    program("init", linux.init),
    program("lease", linux.lease),
    text("etc/address", ""),
    text("etc/hostname", ""),
    text("lib/modules/order", order.join("")),
    ...linux.modules.map(({ file, data }) => plain(`lib/modules/${file}`, data)),
  ];
}

/** The type of a member, in the upper bits of its mode. */
const FileType = { folder: 0o40_000, file: 0o100_000, link: 0o120_000 } as const;

// The "newc" archive that the kernel unpacks (its Documentation/driver-api/early-userspace/buffer-format):
//
//   "070701" │ 13 fields of 8 hex digits │ name NUL │ pad to 4 │ data │ pad to 4
//
// fields: ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check.
// Times are zero and inodes count up, so the same files always make the same bytes.
/** Entries → archive, ended by the member `TRAILER!!!`. */
export function formatCpio(entries: readonly CpioEntry[]): Uint8Array {
  const members = entries.map((entry, index) => member({ ...memberOf(entry), inode: index + 1 }));
  return Buffer.concat([...members, member({ path: "TRAILER!!!", inode: 0, mode: 0, links: 1 })]);
}

function memberOf(entry: CpioEntry): Omit<Member, "inode"> {
  const { path } = entry;
  switch (entry.kind) {
    case "folder":
      return { path, mode: FileType.folder | (entry.mode ?? 0o755), links: 2 };
    case "link":
      return { path, mode: FileType.link | 0o777, links: 1, data: Buffer.from(entry.target) };
    case "file":
      return { path, mode: FileType.file | entry.mode, links: 1, data: entry.data };
    default:
      return assertNever(entry);
  }
}

type Member = {
  readonly path: string;
  readonly inode: number;
  readonly mode: number;
  readonly links: number;
  readonly data?: Uint8Array;
};

function member({ path, inode, mode, links, data = new Uint8Array() }: Member): Buffer {
  const name = Buffer.from(`${path}\0`, "utf8");
  const fields = [inode, mode, 0, 0, links, 0, data.length, 0, 0, 0, 0, name.length, 0];
  const head = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`;
  return Buffer.concat([padded(Buffer.concat([Buffer.from(head), name])), padded(data)]);
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}

function folder(path: string): CpioEntry {
  return { kind: "folder", path };
}

function program(path: string, data: Uint8Array): CpioEntry {
  return { kind: "file", path, data, mode: 0o755 };
}

function plain(path: string, data: Uint8Array): CpioEntry {
  return { kind: "file", path, data, mode: 0o644 };
}

function text(path: string, value: string): CpioEntry {
  return plain(path, Buffer.from(value, "utf8"));
}
