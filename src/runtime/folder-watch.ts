import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  statfsSync,
  statSync,
} from "node:fs";
import { FolderEventMask as Mask, parseFolderEvents } from "../wire/inotify.ts";
import { type Libc, loadLibc } from "./libc.ts";

/** Whatever changes what the folder holds or what a file in it says; mmap shows when it is closed. */
const watched =
  Mask.modify |
  Mask.attributes |
  Mask.closeWrite |
  Mask.movedFrom |
  Mask.movedTo |
  Mask.create |
  Mask.delete |
  Mask.deleteSelf |
  Mask.moveSelf;

/** After one of these the names told are not all, or no more are coming. */
const blinding = Mask.overflow | Mask.unmounted | Mask.watchGone | Mask.deleteSelf | Mask.moveSelf;

/** `IN_NONBLOCK | IN_CLOEXEC`, the same numbers as of open(2). */
const initFlags = 0o4000 | 0o2000000;

/**
 * File systems on which every change is made through this kernel, by their magic numbers: ext2-4,
 * xfs, btrfs, tmpfs, ramfs, overlay, f2fs, zfs, bcachefs. On a network's others write unseen.
 */
const LocalFileSystems = new Set([
  0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x858458f6, 0x794c7630, 0xf2f52010, 0x2fc12fc1,
  0xca451a4e,
]);

/** What was touched since the last look: these names, or anything at all, and a new watch is due. */
export type FolderChanges = ReadonlySet<string> | "anything";

type Opened = {
  readonly libc: Libc;
  readonly identity: string;
  readonly fd: number;
  readonly mount: string;
};

/**
 * A folder whose changes can be asked for. Not `fs.watch`: its events come when the event loop gets
 * to them, maybe after the request that follows an edit. The kernel queues an event before the
 * write, rename or unlink returns to whoever makes it, so a read of the queue that finds nothing
 * proves that there is no edit a later request could know of. That costs two system calls.
 */
export class FolderWatch implements Disposable {
  readonly #path: string;
  readonly #libc: Libc;
  readonly #identity: string;
  readonly #fd: number;
  readonly #mount: string;
  readonly #buffer = Buffer.alloc(16 * 1024);

  private constructor(path: string, watch: Opened) {
    this.#path = path;
    this.#libc = watch.libc;
    this.#identity = watch.identity;
    this.#fd = watch.fd;
    this.#mount = watch.mount;
  }

  /** Undefined where changes cannot be told: no such folder, a network's, or no more watches. */
  static open(path: string): FolderWatch | undefined {
    const folder = openFolder(path);
    if (folder === undefined) return undefined;
    try {
      if (!LocalFileSystems.has(statfsSync(`/proc/self/fd/${folder}`).type)) return undefined;
      const libc = loadLibc();
      const fd = libc.inotifyInit(initFlags);
      if (fd < 0) return undefined;
      // By its descriptor, so that what is watched is what was looked at, whoever swaps the name.
      const added = libc.inotifyAddWatch(fd, `/proc/self/fd/${folder}`, watched);
      const identity = identityOf(fstatSync(folder, { bigint: true }));
      const mount = mountOf(folder);
      if (added >= 0) return new FolderWatch(path, { libc, identity, fd, mount });
      libc.close(fd);
      return undefined;
    } finally {
      closeSync(folder);
    }
  }

  /**
   * Whether an open file lies on the folder's own mount. One that is mounted over a name in it, as
   * containers are given single files, is edited in another folder, and this one hears nothing.
   */
  holds(file: number): boolean {
    return mountOf(file) === this.#mount;
  }

  /** Every change that was finished before this call and that no call before told. */
  changes(): FolderChanges {
    // The name may lead elsewhere now: a link above was swapped, or the folder was exchanged.
    const now = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
    if (now === undefined || identityOf(now) !== this.#identity) return "anything";
    const names = new Set<string>();
    for (;;) {
      const length = this.#libc.read(this.#fd, this.#buffer, this.#buffer.length);
      if (length <= 0) return names; // EAGAIN: the queue is empty
      for (const { mask, name } of parseFolderEvents(this.#buffer.subarray(0, length))) {
        if (name === "" || (mask & blinding) !== 0) return "anything";
        names.add(name);
      }
    }
  }

  [Symbol.dispose](): void {
    this.#libc.close(this.#fd);
  }
}

function openFolder(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch {
    return undefined; // whatever the reason, whoever lists the folder next is told it
  }
}

function mountOf(file: number): string {
  const text = readFileSync(`/proc/self/fdinfo/${file}`, "latin1");
  return /^mnt_id:\s*(\d+)$/m.exec(text)?.[1] ?? "";
}

function identityOf({ dev, ino }: { dev: bigint; ino: bigint }): string {
  return `${dev}:${ino}`;
}
