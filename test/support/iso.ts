import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { type IsoFile, type IsoListing, listIso } from "../../src/assets/image/iso-tree.ts";

/** One record of a folder, as the tests want it, which may be wrong. */
export type RecordWish = {
  readonly name: string | Uint8Array;
  /** A sector, and how many bytes. */
  readonly at?: number;
  readonly size?: number;
  readonly flags?: number;
  readonly interleave?: number;
  readonly systemUse?: Uint8Array;
};

const sector = 2048;
/** The root folder's sector in `isoOf`; the next are free for what a test puts there. */
const rootAt = 18;
export const freeAt = rootAt + 1;

export function isoRecord(wish: RecordWish): Uint8Array {
  const name = typeof wish.name === "string" ? Buffer.from(wish.name, "latin1") : wish.name;
  const pad = name.length % 2 === 0 ? 1 : 0;
  const use = wish.systemUse ?? new Uint8Array();
  const bytes = Buffer.alloc(33 + name.length + pad + use.length);
  bytes[0] = bytes.length;
  bytes.writeUInt32LE(wish.at ?? 0, 2);
  bytes.writeUInt32LE(wish.size ?? 0, 10);
  bytes[25] = wish.flags ?? 0;
  bytes[26] = wish.interleave ?? 0;
  bytes[32] = name.length;
  bytes.set(name, 33);
  bytes.set(use, 33 + name.length + pad);
  return bytes;
}

/** The two records that begin a folder. */
export function ownRecords(at: number, size = sector, systemUse?: Uint8Array): Uint8Array[] {
  const own = { at, size, flags: 2, ...(systemUse && { systemUse }) };
  return [isoRecord({ name: "\0", ...own }), isoRecord({ name: "\x01", at: rootAt, flags: 2 })];
}

/** A whole image: a root folder with these records, and `rest` from sector `freeAt` on. */
export function isoOf(
  records: readonly RecordWish[],
  rest: readonly Uint8Array[] = [],
  systemUse?: Uint8Array,
): Buffer {
  const root = Buffer.concat([
    ...ownRecords(rootAt, sector, systemUse),
    ...records.map((wish) => isoRecord(wish)),
  ]);
  const descriptor = Buffer.alloc(sector);
  descriptor.set(Buffer.from("\x01CD001\x01", "latin1"));
  descriptor.write("LABEL".padEnd(32), 40, "latin1");
  descriptor.writeUInt16LE(sector, 128);
  descriptor.set(isoRecord({ name: "\0", at: rootAt, size: sector, flags: 2 }), 156);
  const end = Buffer.alloc(sector);
  end.set(Buffer.from("\xffCD001\x01", "latin1"));
  const sectors = [root, ...rest].map((bytes) => Buffer.concat([bytes], sector));
  return Buffer.concat([Buffer.alloc(16 * sector), descriptor, end, ...sectors]);
}

/** A field of Rock Ridge. */
export function susp(signature: string, ...data: readonly (number | string)[]): Uint8Array {
  const body = data.map((part) => Buffer.from(typeof part === "string" ? part : [part]));
  const bytes = Buffer.concat(body);
  return Buffer.concat([Buffer.from(signature), Buffer.from([4 + bytes.length, 1]), bytes]);
}

/** What a root's own record carries when names are Rock Ridge's. */
export const suspStart = susp("SP", 0xbe, 0xef, 0);

export function both(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(value, 0);
  bytes.writeUInt32BE(value, 4);
  return bytes;
}

export function listIsoBytes(image: Uint8Array): IsoListing {
  const walk = listIso(image.length);
  let step = walk.next();
  while (!step.done) {
    const { at, size } = step.value;
    step = walk.next(image.subarray(at, at + size));
  }
  return step.value;
}

export function listIsoFile(path: string): IsoListing {
  const file = openSync(path, "r");
  try {
    const walk = listIso(statSync(path).size);
    let step = walk.next();
    while (!step.done) {
      const bytes = Buffer.alloc(step.value.size);
      readSync(file, bytes, 0, bytes.length, step.value.at);
      step = walk.next(bytes);
    }
    return step.value;
  } finally {
    closeSync(file);
  }
}

export function bytesOf(image: Uint8Array, { extents }: IsoFile): Buffer {
  return Buffer.concat(extents.map(({ at, size }) => image.subarray(at, at + size)));
}

/** Programs that make images; a test that wants one that is not here says so. */
export function hasProgram(name: string): boolean {
  return spawnSync(name, ["--version"]).error === undefined;
}

/** Names of files are read as UTF-8, whatever this computer's language is. */
export function makeIso(program: string, args: readonly string[]): void {
  const [name = "", ...words] = program.split(" ");
  const env = { ...process.env, LC_ALL: "C.UTF-8" };
  execFileSync(name, [...words, ...args], { stdio: ["ignore", "ignore", "pipe"], env });
}
