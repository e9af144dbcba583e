import { type Libc, loadLibc } from "./libc.ts";

/** Tells systemd how the service is (sd_notify(3)); does nothing where nobody listens. */
export type ServiceManager = Disposable & {
  tell(state: "READY=1" | "STOPPING=1" | "RELOADING=1"): void;
};

/** Opens the socket named by NOTIFY_SOCKET and pings the watchdog at half of WATCHDOG_USEC. */
export function openServiceManager(
  environment: Readonly<Record<string, string | undefined>>,
): ServiceManager {
  const path = environment["NOTIFY_SOCKET"];
  if (path === undefined || path === "") return { tell() {}, [Symbol.dispose]() {} };
  // Once: koffi keeps what is declared, 2.5 kB a time, and the watchdog is pinged for years.
  const libc = loadLibc();
  const period = Number(environment["WATCHDOG_USEC"] ?? 0) / 2000;
  const ping = period > 0 ? setInterval(() => notify(libc, path, "WATCHDOG=1"), period) : undefined;
  ping?.unref();
  return {
    tell: (state) => notify(libc, path, state),
    [Symbol.dispose]: () => clearInterval(ping),
  };
}

// Node has no Unix datagram sockets; one short-lived libc socket a message is cheap enough.
function notify(libc: Libc, path: string, state: string): void {
  const [afUnix, sockDgram, noSignal] = [1, 2, 0x4000];
  const fd = libc.socket(afUnix, sockDgram, 0);
  if (fd < 0) return;
  // struct sockaddr_un: family (host order), path; a leading @ stands for the abstract namespace's NUL.
  const name = Buffer.from(`\x01\0${path.replace(/^@/, "\0")}`, "latin1");
  const message = Buffer.from(state);
  libc.sendto(fd, message, message.length, noSignal, name, name.length);
  libc.close(fd);
}
