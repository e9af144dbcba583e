import { KindlingError } from "../errors.ts";
import { loadLibc } from "./libc.ts";

// Numbers of <linux/sockios.h>, <linux/ethtool.h> and <bits/socket.h>.
const Linux = { afInet: 2, sockDgram: 2, siocEthtool: 0x8946 } as const;
const EthtoolSet = { txChecksum: 0x17, tcpSegmentation: 0x1f, genericSegmentation: 0x24 } as const;

/** Makes the kernel finish checksums and segments before a frame leaves by this device, as `ethtool -K` does. */
export function turnOffOffloads(device: string): void {
  const libc = loadLibc();
  const fd = libc.socket(Linux.afInet, Linux.sockDgram, 0);
  try {
    for (const command of [
      EthtoolSet.tcpSegmentation,
      EthtoolSet.genericSegmentation,
      EthtoolSet.txChecksum,
    ]) {
      // struct ethtool_value: command and value, two numbers of the machine's order.
      const value = new Uint8Array(new Uint32Array([command, 0]).buffer);
      if (libc.ioctlDevice(fd, Linux.siocEthtool, device, value) !== 0) {
        const message = `offloads of ${device} cannot be turned off: ${libc.errorName()}`;
        throw new KindlingError("lab.failed", message, { device });
      }
    }
  } finally {
    libc.close(fd);
  }
}
