import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestImage } from "./image-archive.ts";

/** Any image, or an index of some. */
type Served = Pick<TestImage, "digest" | "mediaType" | "blobs">;

/** A registry that wants tokens, and does as it is told. */
export type TestRegistry = AsyncDisposable & {
  readonly origin: string;
  /** `GET /v2/org/name/manifests/1`, in order; those for tokens with what they brought. */
  readonly asked: readonly string[];
  /** By `org/name:tag`; may be changed. */
  readonly images: Map<string, Served>;
  /** Blobs are sent by these, if they are set: the response has its head. */
  sendBlob: ((response: ServerResponse, bytes: Buffer) => void) | undefined;
  /** The status of every answer, if it is set. */
  status: number | undefined;
};

const token = "let-me-in";

export async function openTestRegistry(images: readonly [string, Served][]): Promise<TestRegistry> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(lineOf(request));
    answer(request, response, registry);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // proven: it listens on TCP
  const { port } = server.address() as AddressInfo;
  const registry: TestRegistry = {
    ...{ origin: `http://127.0.0.1:${port}`, asked, images: new Map(images) },
    ...{ sendBlob: undefined, status: undefined },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return registry;
}

function lineOf({ method, url = "", headers }: IncomingMessage): string {
  const login = url.startsWith("/token") ? ` ${headers.authorization ?? "anybody"}` : "";
  return `${method} ${url}${login}`;
}

function answer(request: IncomingMessage, response: ServerResponse, registry: TestRegistry): void {
  const { url = "", headers, method } = request;
  if (registry.status !== undefined) {
    response.writeHead(registry.status).end();
    return;
  }
  if (url.startsWith("/token?")) {
    response.end(JSON.stringify({ token, expires_in: 300 }));
    return;
  }
  if (headers.authorization !== `Bearer ${token}`) {
    const challenge = `Bearer realm="${registry.origin}/token",service="test",scope="ignored"`;
    response.writeHead(401, { "www-authenticate": challenge }).end();
    return;
  }
  const [, name = "", kind, last = ""] = /^\/v2\/(.+)\/(manifests|blobs)\/([^?]+)/.exec(url) ?? [];
  const own = [...registry.images].filter(([key]) => key.startsWith(`${name}:`));
  const tagged = registry.images.get(`${name}:${last}`);
  const digest = tagged?.digest ?? last;
  const bytes = own.flatMap(([, { blobs }]) => [...blobs]).find(([one]) => one === digest)?.[1];
  if (bytes === undefined) {
    response.writeHead(404).end();
    return;
  }
  const type = own.find(([, one]) => one.digest === digest)?.[1].mediaType;
  response.setHeader("content-type", type ?? "application/octet-stream");
  response.setHeader("content-length", bytes.length);
  response.setHeader("docker-content-digest", digest);
  if (method === "HEAD") response.end();
  else if (kind === "blobs" && registry.sendBlob) registry.sendBlob(response, bytes);
  else response.end(bytes);
}
