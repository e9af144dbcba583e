import type { MachineFile } from "./ignition-document.ts";

const blockBytes = 512;
const pathMax = 100;

/**
 * A machine's bundle as a tar archive (POSIX ustar): paths below the root, owners by name, since a
 * machine's numbers are its own. Times are those of the epoch, so that equal bundles are equal bytes.
 */
export function formatBundle(files: readonly MachineFile[]): Buffer {
  const parts = files.flatMap((file) => {
    if (!("text" in file)) throw new TypeError(`${file.path} is fetched, not handed out`);
    const bytes = Buffer.from(file.text);
    const padding = Buffer.alloc((blockBytes - (bytes.length % blockBytes)) % blockBytes);
    return [headerOf(file, bytes.length), bytes, padding];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * blockBytes)]);
}

/*
 *   0 name 100 | 100 mode 8 | 108 uid 8 | 116 gid 8 | 124 size 12 | 136 mtime 12 | 148 checksum 8
 * 156 type 1   | 157 link 100 | 257 "ustar\0" | 263 "00" | 265 uname 32 | 297 gname 32 | 329 … 512
 */
function headerOf({ path, mode, owner = "root" }: MachineFile, size: number): Buffer {
  const name = path.replace(/^\//, "");
  if (Buffer.byteLength(name) > pathMax) throw new RangeError(`${path} is too long for a bundle`);
  const header = Buffer.alloc(blockBytes);
  const octal = (value: number, at: number, digits: number) => {
    header.write(`${value.toString(8).padStart(digits, "0")}\0`, at, "latin1");
  };
  header.write(name, 0);
  octal(mode, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(0, 136, 11);
  header.write("        0", 148, "latin1"); // blanks while the sum is taken, and type 0: a file
  header.write("ustar\x0000", 257, "latin1");
  header.write(owner, 265, 31, "latin1");
  header.write(owner, 297, 31, "latin1");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}
