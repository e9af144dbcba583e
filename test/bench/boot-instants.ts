import type { CapturedFrame } from "../../src/lab/pcap.ts";
import { type MacAddress, macToBytes } from "../../src/wire/mac.ts";

/** What a machine's own frames tell of its boot, in seconds after its first DISCOVER. */
export type BootInstants = {
  /** It asks for the RAM disk, so it holds the whole kernel. */
  readonly kernel: number;
  /** Its user space calls back. */
  readonly up: number;
};

/**
 * Reads a boot out of a capture, only from what the machine sent: whoever serves it is timed the same
 * way. An instant that did not come is NaN.
 */
export function bootInstants(frames: readonly CapturedFrame[], mac: MacAddress): BootInstants {
  const source = Buffer.from(macToBytes(mac));
  const own = frames
    .map(({ at, bytes }) => ({ at, frame: Buffer.from(bytes) }))
    .filter(({ frame }) => frame.length >= 42 && frame.subarray(6, 12).equals(source));
  const first = own.find(({ frame }) => isDhcp(frame))?.at ?? Number.NaN;
  const after = (path: string): number => {
    const found = own.find(({ frame }) => frame.includes(`GET ${path}`));
    return ((found?.at ?? Number.NaN) - first) / 1000;
  };
  return { kernel: after("/assets/lab/initrd.gz"), up: after("/report?") };
}

// Ethernet 14, IPv4 without options 20: UDP from port 68 to port 67. A machine's first DHCP message is
// its DISCOVER.
function isDhcp(frame: Buffer): boolean {
  const isUdp = frame.readUInt16BE(12) === 0x0800 && frame[23] === 17;
  return isUdp && frame.readUInt16BE(34) === 68 && frame.readUInt16BE(36) === 67;
}
