import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import koffi from "koffi";
import { loadLibc } from "../../src/runtime/libc.ts";

/** A Unix datagram socket as systemd opens one. */
export type NotifySocket = Disposable & {
  readonly path: string;
  /** The datagram that waits, or nothing. */
  read(): string | undefined;
};

/** Opens one that is read without waiting; Node has none. */
export function openNotifySocket(): NotifySocket {
  const libc = loadLibc();
  const recv = koffi.load("libc.so.6").func("long recv(int, _Out_ uint8_t *, size_t, int)");
  const folder = mkdtempSync(join(tmpdir(), "kindling-"));
  const path = join(folder, "notify");
  const fd = libc.socket(1, 2, 0); // AF_UNIX, SOCK_DGRAM
  const name = Buffer.from(`\x01\0${path}\0`, "latin1"); // struct sockaddr_un
  if (libc.bind(fd, name, name.length) !== 0) throw new Error(libc.errorName());
  return {
    path,
    read() {
      const bytes = Buffer.alloc(256);
      const count = Number(recv(fd, bytes, bytes.length, 0x40)); // MSG_DONTWAIT
      return count < 0 ? undefined : bytes.toString("utf8", 0, count);
    },
    [Symbol.dispose]() {
      libc.close(fd);
      rmSync(folder, { recursive: true });
    },
  };
}
