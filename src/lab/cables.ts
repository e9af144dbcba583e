import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import { turnOffOffloads } from "../runtime/offload.ts";
import type { Cable } from "./firmware.ts";
import { relayNet } from "./frame-relay.ts";
import { ip, onHost, type VirtualLan } from "./virtual-lan.ts";
import { endChild } from "./vm.ts";

/** A cable and the command in front of the QEMU that holds its other end. */
export type Plug = { readonly cable: Cable; readonly within: readonly string[] };

/** Connects machines to the LAN's bridge, with or without the right to open taps. */
export type Cables = AsyncDisposable & {
  readonly kind: Cable["kind"];
  plug(): Promise<Plug>;
};

/** Opens what this user may have: taps where /dev/net/tun can be opened, else frames in datagrams. */
export async function openCables(lan: VirtualLan, force?: Cable["kind"]): Promise<Cables> {
  const kind = force ?? ((await mayOpenTaps()) ? "tap" : "datagram");
  return kind === "tap" ? tapCables(lan) : openDatagramCables(lan);
}

async function mayOpenTaps(): Promise<boolean> {
  return access("/dev/net/tun", constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
}

function tapCables(lan: VirtualLan): Cables {
  return {
    kind: "tap",
    plug: async () => ({ cable: { kind: "tap", device: await lan.addTap() }, within: [] }),
    [Symbol.asyncDispose]: async () => {},
  };
}

//   bridge ── vx0 (VXLAN 1) ──┐                    ┌── QEMU, ports 20002 ⇄ 20003
//   bridge ── vx1 (VXLAN 2) ──┴─ w-cable ⇄ eth0 ── relay ── QEMU, ports 20004 ⇄ 20005
//     the sandbox                      the host "cable"
//
// The relay sits on a host of its own because the kernel hands VXLAN packets for one of its own
// addresses to its own devices, never to a program's socket.
async function openDatagramCables(lan: VirtualLan): Promise<Cables> {
  const { host, near, far, port } = relayNet;
  await ip(`netns add ${host}`);
  // Room for the 50 bytes around a full frame: a fragment lost here would be a mystery there.
  await ip(`link add w-${host} mtu 1600 type veth peer name eth0 mtu 1600 netns ${host}`);
  await ip(`addr add ${near}/30 dev w-${host}`);
  await ip(`link set w-${host} up`);
  await ip(`-n ${host} addr add ${far}/30 dev eth0`);
  await ip(`-n ${host} link set lo up`);
  await ip(`-n ${host} link set eth0 up`);
  const relay = await startRelay();
  let count = 0;
  return {
    kind: "datagram",
    async plug() {
      count += 1;
      const number = count; // machines are plugged in at the same time
      const device = `vx${number}`;
      await ip(
        `link add ${device} mtu 1500 type vxlan id ${number} remote ${far} dstport ${port} nolearning`,
      );
      // Half-done checksums and oversized segments may pass between virtual devices, not out of them.
      turnOffOffloads(device);
      await ip(`link set ${device} master ${lan.bridge} up`);
      const localPort = relayNet.firstPort + 2 * number;
      return {
        cable: { kind: "datagram", localPort, remotePort: localPort + 1 },
        within: onHost(host, []),
      };
    },
    async [Symbol.asyncDispose]() {
      await endChild(relay, 1000);
      for (let index = 1; index <= count; index += 1) await ip(`link del vx${index}`);
      await ip(`link del w-${host}`);
      await ip(`netns del ${host}`);
    },
  };
}

async function startRelay() {
  const program = join(import.meta.dirname, "frame-relay.ts");
  const [command = "", ...rest] = onHost(relayNet.host, [process.execPath, program]);
  const relay = spawn(command, rest, { stdio: ["ignore", "pipe", "inherit"] });
  await Promise.race([
    once(relay.stdout, "data"),
    once(relay, "exit").then(([code]) => {
      throw new Error(`the frame relay ended with code ${code}`);
    }),
  ]);
  return relay;
}
