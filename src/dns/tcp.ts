import { createServer, type Server, type Socket } from "node:net";
import { KindlingError } from "../errors.ts";
import type { Clock } from "../runtime/clock.ts";
import { formatIpv4, type Ipv4Address, parseIpv4 } from "../wire/ipv4.ts";
import type { Reply } from "./responder.ts";
import { frameAnswer, QueryFrames } from "./stream.ts";

export type DnsTcpOptions = {
  readonly address: Ipv4Address;
  readonly port: number;
  readonly clock: Clock;
  /** Replies once, at once or later, with the messages of the answer; none end the conversation. */
  readonly answer: (query: Uint8Array, peer: Ipv4Address, reply: Reply) => void;
  readonly onError: (error: Error, peer?: string) => void;
  /** Connections at once; fewer than `connectionLimit` where descriptors are few. */
  readonly maxConnections?: number;
  /** A connection was closed at once, since there were too many, all together or of that peer. */
  readonly onTurnedAway?: (peer: string | undefined) => void;
};

/** A bound listener that turns connections away until `serve`. */
export type DnsTcpListener = AsyncDisposable & { serve(): void };

/** RFC 7766 §6.2.3 asks for seconds; counted from the last whole query, so dripping buys none. */
export const idleMs = 10_000;

/** Connections of one listener, and of one peer among them. A query by TCP is rare and short. */
const connectionLimit = 128;
export const peerConnectionLimit = 16;

/** Binds and listens; fails with `port.in-use`, `port.forbidden` or `interface.no-address`. */
export async function openDnsTcp(options: DnsTcpOptions): Promise<DnsTcpListener> {
  const { maxConnections = connectionLimit, onTurnedAway = () => {} } = options;
  const peerLimit = Math.min(peerConnectionLimit, Math.ceil(maxConnections / 2));
  const connections = new Map<Socket, string>();
  let isServing = false;
  const server = createServer({ noDelay: true }, (socket) => {
    const peer = socket.remoteAddress;
    if (peer === undefined) {
      socket.destroy(); // reset before it was accepted: nobody can say any more whose it was
      return;
    }
    const siblings = [...connections.values()].filter((it) => it === peer).length;
    if (!isServing || siblings >= peerLimit) {
      socket.destroy();
      if (isServing) onTurnedAway(peer);
      return;
    }
    connections.set(socket, peer);
    socket.once("close", () => connections.delete(socket));
    converse(socket, peer, options);
  });
  server.maxConnections = maxConnections;
  server.on("drop", (connection) => onTurnedAway(connection?.remoteAddress));
  await listen(server, options);
  // accept(2) had no descriptor left, say; the next connection may fare better.
  server.on("error", (error) => options.onError(error));
  return {
    serve() {
      isServing = true;
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      for (const socket of connections.keys()) socket.destroy();
      await closed;
    },
  };
}

function converse(socket: Socket, peer: string, options: DnsTcpOptions): void {
  const frames = new QueryFrames();
  const hangUp = () => socket.destroy();
  let idle = options.clock.after(idleMs, hangUp);
  const client = parseIpv4(peer);
  let isWaiting = false;
  const answerOne = (query: Uint8Array): void => {
    idle[Symbol.dispose]();
    idle = options.clock.after(idleMs, hangUp);
    isWaiting = true;
    let isLater = false;
    options.answer(query, client, (messages) => {
      isWaiting = false;
      if (socket.destroyed) return;
      if (messages.length === 0) hangUp();
      for (const message of messages) socket.write(frameAnswer(message));
      if (isLater) work();
    });
    isLater = true;
  };
  // Whatever goes wrong in one conversation ends that conversation.
  const fail = (error: Error): void => {
    hangUp();
    options.onError(error, peer);
  };
  // Queries wait unread while the client does not take its answers, or one of them is asked elsewhere:
  // its window is all it can fill, and answers go out in order.
  const work = guarded(fail, () => {
    while (!isWaiting && !socket.writableNeedDrain && !socket.destroyed) {
      const query = frames.next();
      if (query === undefined) {
        socket.resume();
        return;
      }
      answerOne(query);
    }
    socket.pause();
  });
  socket.on("data", (chunk) => {
    frames.push(chunk);
    work();
  });
  socket.on("drain", work);
  socket.on("error", hangUp); // the peer reset it; there is nobody left to tell
  socket.once("close", () => idle[Symbol.dispose]());
}

function guarded(fail: (error: Error) => void, task: () => void): () => void {
  return () => {
    try {
      task();
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  };
}

async function listen(server: Server, options: DnsTcpOptions): Promise<void> {
  const { port } = options;
  const host = formatIpv4(options.address);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(translate(error, host, port)));
    server.listen({ host, port }, resolve);
  });
  server.removeAllListeners("error");
}

function translate(error: Error, host: string, port: number): Error {
  const where = `TCP ${host}:${port}`;
  const errno = "code" in error ? error.code : undefined;
  const details = { protocol: "tcp", port, errno };
  switch (errno) {
    case "EADDRINUSE": {
      const cure = "stop that program or set another DNS port";
      return new KindlingError("port.in-use", `${where} is held: ${cure}`, details, error);
    }
    case "EACCES": {
      const cure = "run as root or grant CAP_NET_BIND_SERVICE";
      return new KindlingError("port.forbidden", `${where} is not ours: ${cure}`, details, error);
    }
    case "EADDRNOTAVAIL": {
      const cure = "give the interface that address first";
      return new KindlingError("interface.no-address", `${where}: ${cure}`, details, error);
    }
    default:
      return error;
  }
}
