import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import type { PemPair } from "../../src/pki/certificate-plan.ts";
import { makeAuthority, makeLeaves } from "../../src/rpc/credential-set.ts";
import type { Credentials } from "../../src/rpc/credentials.ts";
import { openRpcServer } from "../../src/rpc/server.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { type Log, silentLog } from "../../src/runtime/log.ts";
import { FileStore } from "../../src/store/file-store.ts";
import { FileWriter } from "../../src/store/file-writer.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";

/** A gRPC server on loopback over a data folder of its own, and who may talk to it. */
export type RpcRig = AsyncDisposable & {
  readonly folder: string;
  readonly endpoint: string;
  readonly port: number;
  /** The authority both ends trust, and the client's and the server's pair under it. */
  readonly authority: PemPair;
  readonly server: PemPair;
  readonly client: PemPair;
  readonly lines: readonly { message: string; fields: Readonly<Record<string, unknown>> }[];
  connect<S extends DescService>(service: S): Client<S>;
  write(path: string, text: string): Promise<void>;
  read(path: string): Promise<string>;
  /** Writes ca.crt, client.crt and client.key below the folder and returns their flags. */
  clientFlags(): Promise<readonly string[]>;
};

const loopback = "127.0.0.1";

export async function openRpcRig(): Promise<RpcRig> {
  await using opened = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "kindling-rpc-"));
  opened.defer(() => rm(folder, { recursive: true }));
  const now = systemClock.now();
  const authority = await makeAuthority(now);
  const { server, client } = await makeLeaves(authority, {
    names: [loopback, "localhost"],
    now,
    days: 2,
  });
  const lines: { message: string; fields: Readonly<Record<string, unknown>> }[] = [];
  const keep: Log["info"] = (message, fields = {}) => lines.push({ message, fields });
  const log: Log = { ...silentLog, info: keep, warn: keep, error: keep };
  const service = opened.use(
    await openRpcServer(
      {
        addresses: [parseIpv4(loopback)],
        port: 0,
        credentials: credentialsOf(authority, server),
        catalog: new FileStore({ folder, clock: systemClock, log: silentLog }),
        writer: new FileWriter(folder),
        folder,
        clock: systemClock,
        log,
      },
      new AbortController().signal,
    ),
  );
  service.serve();
  const port = service.ports[0] ?? 0;
  const endpoint = `${loopback}:${port}`;
  const baseUrl = `https://${endpoint}`;
  const nodeOptions = credentialsOf(authority, client);
  const sessionManager = new Http2SessionManager(baseUrl, {}, nodeOptions);
  opened.defer(() => sessionManager.abort());
  const transport = createGrpcTransport({ baseUrl, nodeOptions, sessionManager });
  const resources = opened.move();
  const write = async (path: string, text: string) => {
    await mkdir(join(folder, path, ".."), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  return {
    ...{ folder, endpoint, port, authority, server, client, lines, write },
    connect: (kind) => createClient(kind, transport),
    read: (path) => readFile(join(folder, path), "utf8"),
    async clientFlags() {
      await write("tls/ca.crt", authority.cert);
      await write("tls/client.crt", client.cert);
      await write("tls/client.key", client.key);
      const [ca, cert, key] = ["ca.crt", "client.crt", "client.key"].map((name) =>
        join(folder, "tls", name),
      );
      const files = ["--ca-file", `${ca}`, "--cert-file", `${cert}`, "--key-file", `${key}`];
      return ["--endpoints", endpoint, ...files];
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** One end's credentials from an authority and a pair under it. */
export function credentialsOf(authority: PemPair, pair: PemPair): Credentials {
  const [ca, cert, key] = [authority.cert, pair.cert, pair.key].map((pem) => Buffer.from(pem));
  if (ca === undefined || cert === undefined || key === undefined)
    throw new Error("three of three");
  return { ca, cert, key };
}
