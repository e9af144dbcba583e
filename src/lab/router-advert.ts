import { KindlingError } from "../errors.ts";
import { loadLibc } from "../runtime/libc.ts";

// Numbers of <bits/socket.h>, <netinet/in.h> and <linux/in6.h>.
const Linux = {
  afInet6: 10,
  sockRaw: 3,
  solSocket: 1,
  soBindToDevice: 25,
  ipprotoIpv6: 41,
  ipprotoIcmpv6: 58,
  ipv6MulticastHops: 18,
} as const;

/** iPXE solicits and then waits; one advertisement a second ends that wait at once. */
const everyMs = 1000;

// RFC 4861 §4.2: type 134, code, checksum (the kernel's), hop limit, flags, lifetime, two timers.
// No flags, no prefix, lifetime 0: "there is no IPv6 for you here".
const advertisement = Buffer.from([134, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

/**
 * Tells the LAN that it has no IPv6 router. Without that word every iPXE spends 14 of its 24 seconds
 * soliciting one before it tries IPv4.
 */
export function advertiseNoRouter(device: string): Disposable {
  const libc = loadLibc();
  const fd = libc.socket(Linux.afInet6, Linux.sockRaw, Linux.ipprotoIcmpv6);
  const name = Buffer.from(`${device}\0`);
  // RFC 4861 §6.1.2: receivers drop any other hop limit, so that nobody off the link can say this.
  const hops = new Uint8Array(new Int32Array([255]).buffer);
  const { solSocket, soBindToDevice, ipprotoIpv6, ipv6MulticastHops } = Linux;
  const failed =
    fd < 0 ||
    libc.setsockopt(fd, solSocket, soBindToDevice, name, name.length) !== 0 ||
    libc.setsockopt(fd, ipprotoIpv6, ipv6MulticastHops, hops, hops.length) !== 0;
  if (failed) {
    const message = `no router advertisements on ${device}: ${libc.errorName()}`;
    throw new KindlingError("lab.failed", message, { device });
  }
  const to = allNodes();
  const timer = setInterval(
    // The first ones fail while the device's own address is being checked; the next second is early enough.
    () => libc.sendto(fd, advertisement, advertisement.length, 0, to, to.length),
    everyMs,
  );
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      libc.close(fd);
    },
  };
}

// struct sockaddr_in6: family, port, flow, address, scope; the scope comes from the bound device.
function allNodes(): Uint8Array {
  const name = Buffer.alloc(28);
  name.writeUInt16LE(Linux.afInet6, 0);
  name.write("ff020000000000000000000000000001", 8, "hex");
  return name;
}
