import koffi from "koffi";

/** The libc calls that Node lacks. Each returns what C returns; `errorName` tells the last failure. */
export type Libc = {
  socket(family: number, type: number, protocol: number): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, length: number): number;
  bind(fd: number, name: Uint8Array, length: number): number;
  sendto(
    fd: number,
    bytes: Uint8Array,
    length: number,
    flags: number,
    name: Uint8Array,
    nameLength: number,
  ): number;
  close(fd: number): number;
  read(fd: number, bytes: Uint8Array, length: number): number;
  flock(fd: number, operation: number): number;
  /** renameat2: with RENAME_EXCHANGE two names change places in one step. */
  renameat2(fromFd: number, from: string, toFd: number, to: string, flags: number): number;
  inotifyInit(flags: number): number;
  inotifyAddWatch(fd: number, path: string, mask: number): number;
  /** ioctl on a device by name: `struct ifreq` with `argument` as its pointer. */
  ioctlDevice(fd: number, request: number, device: string, argument: Uint8Array): number;
  prctl(option: number, a: number, b: number, c: number, d: number): number;
  /** The kernel's number of a network device, 0 when there is none. */
  deviceIndex(device: string): number;
  /** Copies the socket's own address into `name`; returns its length, or -1. */
  socketName(fd: number, name: Uint8Array): number;
  /** `to` becomes another name of what `fd` is; what `to` was is closed. */
  dup3(fd: number, to: number, flags: number): number;
  fcntl(fd: number, command: number, argument: number): number;
  /**
   * recvmmsg: fills `messages`, `count` times the 64 bytes of `struct mmsghdr`, with what waits at the socket; how
   * many, or -1. It never waits (MSG_DONTWAIT).
   */
  receiveMany(fd: number, messages: Uint8Array, count: number): number;
  /** Where these bytes are, for as long as they are kept: Node has them outside of its own heap. */
  addressOf(bytes: Uint8Array): bigint;
  /** Sends `count` bytes of a file from `offset[0]` on, which it moves; how many went, or -1. */
  sendfile(to: number, from: number, offset: BigInt64Array, count: number): number;
  /** The same on a thread of the pool, which waits for the disk meanwhile; it tells no error's name. */
  sendfileLater(to: number, from: number, offset: BigInt64Array, count: number): Promise<number>;
  /** Where `preadNow` puts what it reads, for as long as `bytes` are kept. */
  vectorOf(bytes: Uint8Array): BigUint64Array;
  /** Reads what is in memory already (RWF_NOWAIT): fewer bytes than wanted, or -1, for what is not. */
  preadNow(fd: number, vector: BigUint64Array, position: number): number;
  /** SO_ATTACH_FILTER: `instructions` in the layout of `struct sock_filter`, 8 bytes each. */
  attachFilter(fd: number, instructions: Uint8Array): number;
  /** `EADDRINUSE` and the like, of the call just made. */
  errorName(): string;
};

/** Opens the running libc (glibc on Linux) through koffi; the one file that knows a foreign function interface. */
export function loadLibc(): Libc {
  const library = koffi.load("libc.so.6");
  const deviceRequest = koffi.struct({ name: koffi.array("char", 16), data: "const uint8_t *" });
  const ioctl = library.func("ioctl", "int", ["int", "ulong", koffi.pointer(deviceRequest)]);
  const socketFilter = koffi.struct({ length: "uint16_t", instructions: "const uint8_t *" });
  const setFilter = library.func("setsockopt", "int", [
    "int",
    "int",
    "int",
    koffi.pointer(socketFilter),
    "uint32_t",
  ]);
  const getsockname = library.func("int getsockname(int, void *, void *)");
  const sendfile = library.func("long sendfile(int, int, void *, size_t)");
  const recvmmsg = library.func("int recvmmsg(int, void *, uint32_t, int, const void *)");
  const preadv2 = library.func("long preadv2(int, const void *, int, int64_t, int)");
  return {
    attachFilter(fd, instructions) {
      const program = { length: instructions.length / 8, instructions };
      return setFilter(fd, 1, 26, program, koffi.sizeof(socketFilter)); // SOL_SOCKET, SO_ATTACH_FILTER
    },
    socketName(fd, name) {
      const length = Uint32Array.of(name.length);
      return getsockname(fd, name, length) === 0 ? (length[0] ?? -1) : -1;
    },
    deviceIndex: library.func("uint32_t if_nametoindex(const char *)"),
    dup3: library.func("int dup3(int, int, int)"),
    fcntl: library.func("int fcntl(int, int, int)"),
    sendfile,
    sendfileLater: (to, from, offset, count) =>
      new Promise((resolve, reject) => {
        sendfile.async(to, from, offset, count, (error: unknown, sent: number) =>
          error ? reject(error) : resolve(sent),
        );
      }),
    receiveMany: (fd, messages, count) => recvmmsg(fd, messages, count, 0x40, null), // MSG_DONTWAIT
    addressOf: (bytes) => koffi.address(bytes),
    // struct iovec: an address and a length.
    vectorOf: (bytes) => BigUint64Array.of(koffi.address(bytes), BigInt(bytes.length)),
    preadNow: (fd, vector, position) => preadv2(fd, vector, 1, position, 8), // RWF_NOWAIT
    ioctlDevice: (fd, request, device, argument) =>
      ioctl(fd, request, { name: device, data: argument }),
    socket: library.func("int socket(int, int, int)"),
    setsockopt: library.func("int setsockopt(int, int, int, const void *, uint32_t)"),
    bind: library.func("int bind(int, const void *, uint32_t)"),
    sendto: library.func("long sendto(int, const void *, size_t, int, const void *, uint32_t)"),
    close: library.func("int close(int)"),
    read: library.func("long read(int, void *, size_t)"),
    flock: library.func("int flock(int, int)"),
    renameat2: library.func("int renameat2(int, const char *, int, const char *, uint32_t)"),
    inotifyInit: library.func("int inotify_init1(int)"),
    inotifyAddWatch: library.func("int inotify_add_watch(int, const char *, uint32_t)"),
    prctl: library.func("int prctl(int, ulong, ulong, ulong, ulong)"),
    errorName() {
      const errno = koffi.errno();
      const found = Object.entries(koffi.os.errno).find(([, value]) => value === errno);
      return found?.[0] ?? `errno ${errno}`;
    },
  };
}
