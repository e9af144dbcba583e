/** A classic BPF program in the layout of `struct sock_filter`: the kernel drops what it refuses. */
export type PacketFilter = Uint8Array & { readonly __brand: "PacketFilter" };

// Numbers of <linux/bpf_common.h>; sizes W, H, B and modes ABS, IND, MSH are part of a load's code.
const Op = {
  loadHalf: 0x28, // ldh [k]
  loadByte: 0x30, // ldb [k]
  loadHalfAtX: 0x48, // ldh [x + k]
  loadHeaderLength: 0xb1, // ldx 4 * ([k] & 0xf)
  jumpIfEqual: 0x15,
  jumpIfSet: 0x45,
  end: 0x06,
} as const;

// An Ethernet frame that holds IPv4: 14 bytes of header, then protocol at 9 and fragment at 6.
const ip = 14;
const udp = 17;
const fragmentOffset = 0x1fff;

/**
 * Lets through UDP over IPv4 from this port, first fragments only, and nothing else: a reader of
 * other DHCP servers' replies is not woken by every segment of a download.
 */
export function udpFromPort(port: number): PacketFilter {
  return assemble([
    [Op.loadByte, 0, 0, ip + 9],
    [Op.jumpIfEqual, 0, 6, udp],
    [Op.loadHalf, 0, 0, ip + 6],
    [Op.jumpIfSet, 4, 0, fragmentOffset],
    [Op.loadHeaderLength, 0, 0, ip],
    [Op.loadHalfAtX, 0, 0, ip],
    [Op.jumpIfEqual, 0, 1, port],
    [Op.end, 0, 0, 0xffff_ffff],
    [Op.end, 0, 0, 0],
  ]);
}

// struct sock_filter: code (16 bits), jump if true, jump if false, operand; the host's byte order,
// little endian on every platform Kindling runs on.
function assemble(program: readonly (readonly [number, number, number, number])[]): PacketFilter {
  const bytes = Buffer.alloc(8 * program.length);
  for (const [index, [code, whenTrue, whenFalse, operand]] of program.entries()) {
    bytes.writeUInt16LE(code, 8 * index);
    bytes.writeUInt8(whenTrue, 8 * index + 2);
    bytes.writeUInt8(whenFalse, 8 * index + 3);
    bytes.writeUInt32LE(operand, 8 * index + 4);
  }
  return bytes as Uint8Array as PacketFilter; // proven: assembled here, the only place there is
}
