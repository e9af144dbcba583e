/** One member of an archive; `path` is relative and its folders come before it. */
export type CpioEntry =
  | { readonly kind: "folder"; readonly path: string }
  | {
      readonly kind: "file";
      readonly path: string;
      readonly data: Uint8Array;
      readonly mode: 0o644 | 0o755;
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

const folderMode = 0o40_755;
const fileType = 0o100_000;

// The "newc" archive that the kernel unpacks (its Documentation/driver-api/early-userspace/buffer-format):
//
//   "070701" │ 13 fields of 8 hex digits │ name NUL │ pad to 4 │ data │ pad to 4
//
// fields: ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check.
// Times are zero and inodes count up, so the same files always make the same bytes.
/** Entries → archive, ended by the member `TRAILER!!!`. */
export function formatCpio(entries: readonly CpioEntry[]): Uint8Array {
  const members = entries.map((entry, index) =>
    entry.kind === "folder"
      ? member({ path: entry.path, inode: index + 1, mode: folderMode, links: 2 })
      : member({
          path: entry.path,
          inode: index + 1,
          mode: fileType | entry.mode,
          links: 1,
          data: entry.data,
        }),
  );
  return Buffer.concat([...members, member({ path: "TRAILER!!!", inode: 0, mode: 0, links: 1 })]);
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
