import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { planAuthority, planLeaves } from "../../src/rpc/certificates.ts";
import { certify, openAuthority } from "../../src/rpc/certify.ts";

/** What goes wrong with one answer. */
export type Fault =
  | { readonly kind: "status"; readonly status: number; readonly headers?: Record<string, string> }
  | { readonly kind: "redirect"; readonly to: string; readonly status?: number }
  /** The connection is reset behind so many bytes of the body. */
  | { readonly kind: "reset"; readonly after: number }
  /** The body stops and the connection stays. */
  | { readonly kind: "stall"; readonly after: number }
  /** Nothing is answered. */
  | { readonly kind: "silent" }
  /** The body is shorter than its Content-Length says, and the connection ends in order. */
  | { readonly kind: "short"; readonly by: number }
  /** One byte is another. */
  | { readonly kind: "tamper" }
  /** Range is not known to this server. */
  | { readonly kind: "no-range" }
  | { readonly kind: "header"; readonly headers: Record<string, string> };

export type Upstream = AsyncDisposable & {
  readonly origin: string;
  /** What clients have to believe in; empty over plain HTTP. */
  readonly ca: string;
  readonly files: Map<string, Uint8Array>;
  /** `METHOD path range`, in the order they came. */
  readonly requests: string[];
  /** What happens to the next requests of a path, one each. */
  fail(path: string, ...faults: readonly Fault[]): void;
  /** Called before each answer's body. */
  onRequest: (path: string) => void | Promise<void>;
};

/** An upstream's web server on loopback, HTTPS with an authority of its own unless `plain`. */
export async function openUpstream({ plain = false } = {}): Promise<Upstream> {
  const faults = new Map<string, Fault[]>();
  const sockets = new Set<Socket>();
  const { ca, cert, key } = plain ? { ca: "", cert: "", key: "" } : await makeCertificates();
  const upstream = {
    origin: "",
    ca,
    files: new Map<string, Uint8Array>(),
    requests: [] as string[],
    onRequest: (_path: string): void | Promise<void> => {},
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = decodeURI((request.url ?? "").replace(/^\//, ""));
    const { range = "" } = request.headers;
    upstream.requests.push(`${request.method} ${path}${range && ` ${range}`}`);
    await upstream.onRequest(path);
    const fault = faults.get(path)?.shift();
    const bytes = upstream.files.get(path);
    const body = bytes ?? Buffer.alloc(0);
    if (fault !== undefined) answerBadly({ request, response }, fault, body);
    else if (bytes === undefined) response.writeHead(404).end("404 page not found\n");
    else send({ request, response }, bytes, {});
  };
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    void answer(request, response);
  };
  const server = plain ? createServer(listener) : createTlsServer({ cert, key }, listener);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // proven: it listens on TCP
  const { port } = server.address() as AddressInfo;
  upstream.origin = `${plain ? "http" : "https"}://127.0.0.1:${port}`;
  return Object.assign(upstream, {
    fail: (path: string, ...more: readonly Fault[]) => {
      faults.set(path, [...(faults.get(path) ?? []), ...more]);
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

export async function makeCertificates() {
  const authority = await certify(planAuthority(Date.now()));
  const { server } = planLeaves({ names: ["127.0.0.1", "localhost"], now: Date.now(), days: 2 });
  return { ca: authority.cert, ...(await certify(server, openAuthority(authority))) };
}

type BodyFault = {
  kind?: Fault["kind"];
  after?: number;
  by?: number;
  etag?: string;
  headers?: Record<string, string>;
};
const etagOf = (bytes: Uint8Array) => `"${createHash("sha1").update(bytes).digest("hex")}"`;

type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse };

function answerBadly({ request, response }: Exchange, fault: Fault, bytes: Uint8Array): void {
  switch (fault.kind) {
    case "status":
      response.writeHead(fault.status, fault.headers).end();
      return;
    case "redirect":
      response.writeHead(fault.status ?? 302, { location: fault.to }).end();
      return;
    case "silent":
      return;
    case "tamper": {
      const changed = Buffer.from(bytes);
      changed[changed.length >> 1] = (changed[changed.length >> 1] ?? 0) ^ 1;
      send({ request, response }, changed, { etag: etagOf(bytes) });
      return;
    }
    default:
      send({ request, response }, bytes, fault);
  }
}

function send({ request, response }: Exchange, bytes: Uint8Array, fault: BodyFault): void {
  const etag = fault.etag ?? etagOf(bytes);
  const found = /^bytes=(\d+)-$/.exec(request.headers.range ?? "");
  const isSame = (request.headers["if-range"] ?? etag) === etag;
  const from = found && isSame && fault.kind !== "no-range" ? Number(found[1]) : 0;
  if (from >= bytes.length && from > 0) {
    response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end();
    return;
  }
  const body = bytes.subarray(from);
  const part = { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
  response.writeHead(from > 0 ? 206 : 200, {
    ...{ "content-length": body.length, etag, ...(from > 0 && part) },
    ...(fault.kind === "header" && fault.headers),
  });
  if (fault.kind === "short") {
    response.write(body.subarray(0, -(fault.by ?? 0)), () => response.socket?.end());
  } else if (fault.kind === "reset") {
    response.write(body.subarray(0, fault.after ?? 0), () => response.socket?.destroySoon());
  } else if (fault.kind === "stall") response.write(body.subarray(0, fault.after ?? 0));
  else response.end(body);
}
