import { loadLibc } from "../runtime/libc.ts";
import type { BoundService } from "../runtime/service.ts";
import { openUdp, type UdpPeer } from "../runtime/udp.ts";
import type { IpAddress } from "../wire/ip.ts";
import { limitedBroadcast } from "../wire/ipv4.ts";
import type { TftpDeps, TftpSettings } from "./deps.ts";
import { type Door, RequestServer } from "./request-server.ts";
import { TransferServer } from "./transfer-server.ts";

export type TftpServer = BoundService & {
  /** The addresses and ports that are bound. */
  readonly bound: readonly UdpPeer<IpAddress>[];
  /** Counts for transfers that start from now on. */
  replaceSettings(settings: TftpSettings): void;
  openTransfers(): number;
};

/**
 * Binds every address, answers nobody before `serve`. Closing finishes open transfers for
 * `drainMs`.
 */
export async function openTftpServer(deps: TftpDeps, signal: AbortSignal): Promise<TftpServer> {
  await using binding = new AsyncDisposableStack();
  const doors: Door[] = [];
  const libc = loadLibc();
  for (const link of deps.links) {
    signal.throwIfAborted();
    const socket = binding.use(
      await openUdp({ address: link.address, port: deps.port, direct: libc }),
    );
    doors.push({ link, socket, ear: socket });
    if (link.device === undefined) continue;
    // A socket bound to an address does not hear broadcasts; one bound to 255.255.255.255 hears
    // nothing else, and its device says which address has to answer.
    const { port } = socket.local;
    const where = { address: limitedBroadcast, port, device: link.device };
    doors.push({ link, socket, ear: binding.use(await openUdp(where)) });
  }
  const transfers = new TransferServer(deps, libc);
  const requests = new RequestServer(deps, transfers);
  const bound = binding.move();
  const { promise: done, resolve } = Promise.withResolvers<void>();
  return {
    name: "tftp",
    done,
    bound: [...new Set(doors.map(({ socket }) => socket.local))],
    serve: () => doors.forEach((door) => void requests.serve(door)),
    replaceSettings: (settings) => requests.replaceSettings(settings),
    openTransfers: () => transfers.open.size,
    async [Symbol.asyncDispose]() {
      await transfers.stop();
      await bound.disposeAsync();
      resolve();
    },
  };
}
