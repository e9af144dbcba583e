import type { DurableDisk, DurableFile } from "../../src/runtime/durable-file.ts";

/** A file's bytes, and how many of them a loss of power would leave for certain. */
type Inode = { bytes: Buffer; synced: number };
type Names = ReadonlyMap<string, Inode>;

const page = 4096;

/**
 * A disk that loses power at a chosen step. What was not synced by then is lost, wholly, in part or page by
 * page, and a new name counts only if its folder was synced, or by chance.
 */
export class FakeDisk implements DurableDisk {
  #names: Names;
  #durable: Names;
  #steps = 0;
  readonly #stop = Promise.withResolvers<void>();
  /** Power goes before this step, counted from 1. */
  crashAt = Number.POSITIVE_INFINITY;
  /** So many bytes are free; an append takes what fits and fails. */
  free = Number.POSITIVE_INFINITY;

  constructor(names: Names = new Map()) {
    this.#names = names;
    this.#durable = names;
  }

  get steps(): number {
    return this.#steps;
  }

  /** Resolves when the power is gone; whoever waits for the disk then waits for ever. */
  get crashed(): Promise<void> {
    return this.#stop.promise;
  }

  names(): readonly string[] {
    return [...this.#names.keys()];
  }

  text(path: string): string | undefined {
    return this.#names.get(path)?.bytes.toString();
  }

  put(path: string, bytes: Buffer): void {
    this.#names = new Map(this.#names).set(path, { bytes, synced: bytes.length });
    this.#durable = this.#names;
  }

  /** What a machine finds that starts again. */
  afterCrash(chance: () => number): FakeDisk {
    const names = chance() < 0.5 ? this.#names : this.#durable;
    const found = new Map<Inode, Inode>();
    for (const inode of names.values()) found.set(inode, afterCrash(inode, chance));
    // proven: each inode of `names` was put there
    return new FakeDisk(
      new Map([...names].map(([name, inode]) => [name, found.get(inode) as Inode])),
    );
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    const bytes = this.#names.get(path)?.bytes;
    return bytes && Buffer.from(bytes);
  }

  async open(path: string, mode: "fresh" | "existing"): Promise<DurableFile> {
    await this.#step();
    const found = mode === "existing" ? this.#names.get(path) : undefined;
    const inode = found ?? { bytes: Buffer.alloc(0), synced: 0 };
    this.#names = new Map(this.#names).set(path, inode);
    return {
      append: async (bytes) => {
        await this.#step();
        const room = Math.min(bytes.length, this.free);
        this.free -= room;
        inode.bytes = Buffer.concat([inode.bytes, bytes.subarray(0, room)]);
        if (room < bytes.length) {
          const full = new Error("ENOSPC: no space left on device, write");
          throw Object.assign(full, { code: "ENOSPC" });
        }
        const { length } = inode.bytes;
        await this.#step();
        inode.synced = Math.max(inode.synced, length);
      },
      [Symbol.asyncDispose]: async () => {},
    };
  }

  async replace(from: string, to: string): Promise<void> {
    await this.#step();
    const inode = this.#names.get(from);
    if (inode === undefined) throw new Error(`ENOENT: ${from}`);
    const names = new Map(this.#names).set(to, inode);
    names.delete(from);
    this.#names = names;
    await this.#step();
    this.#durable = this.#names;
  }

  async link(path: string, name: string): Promise<void> {
    await this.#step();
    const inode = this.#names.get(path);
    if (inode === undefined) throw new Error(`ENOENT: ${path}`);
    this.#names = new Map(this.#names).set(name, inode);
  }

  async remove(path: string): Promise<void> {
    await this.#step();
    const inode = this.#names.get(path);
    this.free += inode?.bytes.length ?? 0;
    const names = new Map(this.#names);
    names.delete(path);
    this.#names = names;
  }

  async #step(): Promise<void> {
    this.#steps += 1;
    if (this.#steps < this.crashAt) return;
    this.#stop.resolve();
    await new Promise(() => {});
  }
}

// Of the bytes that were not synced: a part, or all of them with pages of zeros among them.
function afterCrash({ bytes, synced }: Inode, chance: () => number): Inode {
  const lost = bytes.length - synced;
  if (chance() < 0.5) {
    const kept = Buffer.from(bytes.subarray(0, synced + Math.floor(chance() * (lost + 1))));
    return { bytes: kept, synced: kept.length };
  }
  const holed = Buffer.from(bytes);
  for (let at = synced; at < holed.length; at = (Math.floor(at / page) + 1) * page) {
    const end = Math.min(holed.length, (Math.floor(at / page) + 1) * page);
    if (chance() < 0.5) holed.fill(0, at, end);
  }
  return { bytes: holed, synced: holed.length };
}
