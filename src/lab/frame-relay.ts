import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { pathToFileURL } from "node:url";
import { formatVxlan, parseVxlan } from "./vxlan.ts";

/** Addresses and ports of the relay. Machine `n` is VXLAN network `n` and the ports `firstPort + 2n` and one more. */
export const relayNet = {
  host: "cable",
  near: "169.254.77.1",
  far: "169.254.77.2",
  port: 4789,
  firstPort: 20_000,
  machines: 250,
} as const;

/** Room for a burst of frames while the event loop is busy. */
const receiveBufferBytes = 2 * 1024 * 1024;

/**
 * Carries frames between the kernel's VXLAN devices and QEMU's datagram cards, both of which put one
 * Ethernet frame in one UDP datagram and differ in eight bytes of header. Runs until it is ended.
 */
async function runFrameRelay(): Promise<void> {
  const { near, far, port, firstPort, machines } = relayNet;
  const trunk = await bound(far, port);
  const cards = await Promise.all(
    Array.from({ length: machines }, (_, index) => bound("127.0.0.1", firstPort + 2 * index + 3)),
  );
  const unplugged = (): void => {}; // a machine that is off refuses its frames, as a loose cable would
  trunk.on("error", unplugged);
  trunk.on("message", (datagram) => {
    const { identifier, frame } = parseVxlan(datagram);
    cards[identifier - 1]?.send(frame, firstPort + 2 * identifier, "127.0.0.1");
  });
  for (const [index, card] of cards.entries()) {
    card.on("error", unplugged);
    card.on("message", (frame) => trunk.send(formatVxlan(index + 1, frame), port, near));
  }
  process.stdout.write("ready\n");
}

async function bound(address: string, port: number): Promise<Socket> {
  const socket = createSocket({ type: "udp4", recvBufferSize: receiveBufferBytes });
  socket.bind(port, address);
  await once(socket, "listening");
  return socket;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await runFrameRelay();
