/** What packet sockets do on the loopback of a private network. Argument: which part; prints JSON. */
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { openPacketSocket, type PacketSocket } from "../../src/runtime/packet-socket.ts";
import { udpFromPort } from "../../src/wire/packet-filter.ts";

function frame(etherType: number, payload: string): Buffer {
  const bytes = Buffer.alloc(60);
  bytes.writeUInt16BE(etherType, 12);
  bytes.write(payload, 14, "hex");
  return bytes;
}

/** IPv4, UDP, this source port. */
function datagram(port: number): Buffer {
  const bytes = frame(0x0800, "45");
  bytes.writeUInt8(17, 23);
  bytes.writeUInt16BE(port, 34);
  return bytes;
}

function heard(socket: PacketSocket, count: number, read: (frame: Buffer) => string) {
  return new Promise<string[]>((resolve) => {
    const frames: string[] = [];
    socket.receive((bytes) => {
      if (frames.push(read(Buffer.from(bytes))) === count) resolve(frames);
    });
  });
}

const parts: Record<string, () => Promise<unknown>> = {
  async exchange() {
    await using arp = await openPacketSocket({ device: "lo", etherType: 0x0806 });
    const filter = udpFromPort(67);
    await using ip = await openPacketSocket({ device: "lo", etherType: 0x0800, filter });
    const arps = heard(arp, 2, (bytes) => bytes.toString("hex", 14, 15));
    const ips = heard(ip, 1, (bytes) => String(bytes.readUInt16BE(34)));
    arp.send(frame(0x0806, "01"));
    arp.send(frame(0x88b5, "ff"));
    ip.send(datagram(68));
    ip.send(datagram(67));
    arp.send(frame(0x0806, "02"));
    const fileRead = (await readFile("/proc/self/stat")).length > 0;
    return { mac: arp.mac, arp: await arps, ip: await ips, fileRead };
  },
  async end() {
    const socket = await openPacketSocket({ device: "lo", etherType: 0x0806 });
    socket.receive(() => {});
    const start = performance.now();
    process.on("exit", () => process.stdout.write(String(Math.round(performance.now() - start))));
    await socket[Symbol.asyncDispose]();
    socket.send(frame(0x0806, "01")); // closed: goes nowhere
    return undefined;
  },
  async failures() {
    const open = (device: string) => openPacketSocket({ device, etherType: 0x0806 });
    const missing = await open("nope0").catch((error: Error) => error.message);
    await using socket = await open("lo");
    const bug = await new Promise<string>((resolve) => {
      socket.onError((error) => resolve(error.message));
      socket.receive(() => {
        throw new Error("a bug");
      });
      socket.send(frame(0x0806, "01"));
    });
    const down = await new Promise<string>((resolve) => {
      socket.onError((error) => resolve(error.message));
      execFileSync("ip", ["link", "set", "lo", "down"]);
    });
    return { missing, bug, down };
  },
};

const result = await parts[process.argv[2] ?? ""]?.();
if (result !== undefined) process.stdout.write(JSON.stringify(result));
