import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import koffi from "koffi";
import { expect, it } from "vitest";
import { loadLibc } from "../../src/runtime/libc.ts";
import { openServiceManager } from "../../src/runtime/sd-notify.ts";

/** A Unix datagram socket as systemd opens one, read without waiting; Node has none. */
function openListener() {
  const libc = loadLibc();
  const recv = koffi.load("libc.so.6").func("long recv(int, _Out_ uint8_t *, size_t, int)");
  const folder = mkdtempSync(join(tmpdir(), "kindling-"));
  const path = join(folder, "notify");
  const fd = libc.socket(1, 2, 0); // AF_UNIX, SOCK_DGRAM
  const name = Buffer.from(`\x01\0${path}\0`, "latin1"); // struct sockaddr_un
  expect(libc.bind(fd, name, name.length)).toBe(0);
  return {
    path,
    /** The datagram that waits, or nothing. */
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

it("tells the manager each state in a datagram of its own", () => {
  using listener = openListener();
  using manager = openServiceManager({ NOTIFY_SOCKET: listener.path });
  manager.tell("READY=1");
  manager.tell("STOPPING=1");
  expect([listener.read(), listener.read(), listener.read()]).toEqual([
    "READY=1",
    "STOPPING=1",
    undefined,
  ]);
});

it.each([{}, { NOTIFY_SOCKET: "" }, { NOTIFY_SOCKET: "/nonexistent/notify" }])(
  "is silent where no manager listens: %j",
  (environment) => {
    using manager = openServiceManager(environment);
    expect(() => manager.tell("READY=1")).not.toThrow();
  },
);
