import { readFile } from "node:fs/promises";
import { DigestBook } from "../assets/digest-book.ts";
import { ErrorTable, KindlingError } from "../errors.ts";
import type { ContentDigests } from "../http/deps.ts";
import type { HttpDeps } from "../http/server.ts";
import { openHttpServer } from "../http/server.ts";
import { openSigner } from "../http/signer.ts";
import { SpareLanes } from "../http/spare-lanes.ts";
import { Transfers } from "../http/transfers.ts";
import { readCredentials } from "../rpc/credentials.ts";
import { openRpcServer, type RpcServerDeps } from "../rpc/server.ts";
import { systemClock } from "../runtime/clock.ts";
import { EventBus } from "../runtime/event-bus.ts";
import { type LogLevel, openLog } from "../runtime/log.ts";
import { openMetrics } from "../runtime/metrics.ts";
import type { BoundService } from "../runtime/service.ts";
import { supervise } from "../runtime/supervise.ts";
import { systemErrorCode } from "../runtime/system-error.ts";
import { FileStore } from "../store/file-store.ts";
import { FileWriter } from "../store/file-writer.ts";
import { openTextEngines } from "../text-engines.ts";
import { formatIpv4, type Ipv4Address, parseIpv4 } from "../wire/ipv4.ts";
import type { CliContext } from "./context.ts";
import { folderAt } from "./folder.ts";
import { type MatchboxFlags, matchboxUsage, parseMatchboxFlags } from "./matchbox-flags.ts";

/**
 * `kindling matchbox`: matchbox's HTTP service alone, by its flags and variables, in its place. The
 * exit codes are its own as well: 2 for a bad flag, 1 for whatever else keeps it from starting.
 */
export async function runMatchbox(argv: readonly string[], context: CliContext): Promise<number> {
  const call = parseMatchboxFlags(argv, context.environment);
  switch (call.kind) {
    case "bad-flag":
      context.error.write(`${call.message}\n${matchboxUsage()}`);
      return ErrorTable["usage.invalid"].exit;
    case "bad-variable":
      context.error.write(`kindling: ${call.message}\n`);
      return 1;
    case "help":
      context.out.write(matchboxUsage());
      return 0;
    case "version":
      context.out.write(`${context.version}\n`);
      return 0;
    case "serve":
      return await serve(call.flags, context).catch((error: unknown) => {
        if (!(error instanceof KindlingError)) throw error;
        context.error.write(`kindling: ${error.message}\n`);
        return 1;
      });
  }
}

async function serve(
  flags: MatchboxFlags,
  { environment, signal, version }: CliContext,
): Promise<number> {
  await using resources = new AsyncDisposableStack();
  const log = await openLog({ level: levelOf(flags["log-level"]), format: "auto" });
  const { address, port } = readAddress(flags.address);
  const folder = await folderAt(flags["data-path"], "-data-path");
  const catalog = resources.use(
    new FileStore({ folder, log, clock: systemClock, dialect: "matchbox" }),
  );
  const bus = new EventBus(systemClock);
  const ring = flags["key-ring-path"];
  const tls = flags["web-ssl"] === "true" ? await readTls(flags) : undefined;
  const metrics = resources.use(openMetrics(bus, { version }));
  const transfers = new Transfers();
  transfers.showOn(metrics);
  const digests = resources.use(new DigestBook({ lanes: new SpareLanes(transfers, systemClock) }));
  const assets = await assetsOf(flags["assets-path"], digests);
  const deps: HttpDeps = {
    addresses: [address],
    port,
    catalog,
    texts: openTextEngines(log),
    extensions: false,
    // matchbox 0.10 and later rewrite every such file; what cannot be is told, not emptied.
    ignitionUpgrade: true,
    signer:
      ring === "" ? undefined : await openSigner(ring, environment["MATCHBOX_PASSPHRASE"] ?? ""),
    uncleanPaths: readCompat(flags.compat),
    ...(assets && { assets }),
    ...(tls && { tls }),
    loaders: { find: async () => ({ kind: "missing", reason: "matchbox serves none" }) },
    transfers,
    publish: bus.publish,
    machineAt: bus.machineAt.bind(bus),
    clock: systemClock,
    log,
    metrics,
    readiness: () => [],
    findings: () => [],
  };
  const http = resources.use(await openHttpServer(deps, signal));
  const rpc =
    flags["rpc-address"] === "" ? undefined : await rpcDeps(flags, { folder, catalog, log });
  const grpc = rpc && resources.use(await openRpcServer(rpc, signal));
  const services: BoundService[] = grpc ? [http, grpc] : [http];
  for (const service of services) service.serve();
  log.info("kindling serves as matchbox", {
    version,
    address: formatIpv4(address),
    port: http.ports[0],
    ...(grpc && { rpcPort: grpc.ports[0] }),
  });
  await supervise(services, resources, { signal, log });
  return 0;
}

async function rpcDeps(
  flags: MatchboxFlags,
  house: Pick<RpcServerDeps, "folder" | "catalog" | "log">,
): Promise<RpcServerDeps> {
  const { address, port } = readAddress(flags["rpc-address"], "-rpc-address");
  return {
    ...house,
    addresses: [address],
    port,
    credentials: await readCredentials({
      certFile: flags["cert-file"],
      keyFile: flags["key-file"],
      caFile: flags["ca-file"],
    }),
    writer: new FileWriter(house.folder),
    clock: systemClock,
  };
}

const Levels: Readonly<Record<string, LogLevel>> = {
  panic: "fatal",
  fatal: "fatal",
  error: "error",
  warn: "warn",
  warning: "warn",
  info: "info",
  debug: "debug",
  trace: "trace",
};

function levelOf(text: string): LogLevel {
  const level = Levels[text.toLowerCase()];
  if (level === undefined) throw bad("-log-level", Object.keys(Levels).join(", "), text);
  return level;
}

function readCompat(text: string): "answer" | "redirect" {
  if (text === "answer" || text === "redirect") return text;
  throw bad("-compat", "redirect or answer", text);
}

function readAddress(
  text: string,
  flag = "-address",
): { readonly address: Ipv4Address; readonly port: number } {
  const [, host = "", port = ""] = /^([^:]*):(\d{1,5})$/.exec(text) ?? [];
  const names: Readonly<Record<string, string>> = { "": "0.0.0.0", localhost: "127.0.0.1" };
  try {
    if (port !== "" && Number(port) < 65_536) {
      return { address: parseIpv4(names[host] ?? host), port: Number(port) };
    }
  } catch (error) {
    if (!(error instanceof KindlingError)) throw error;
  }
  throw bad(flag, "an IPv4 address and port such as 0.0.0.0:8080", text);
}

async function assetsOf(path: string, digests: ContentDigests): Promise<HttpDeps["assets"]> {
  if (path === "") return undefined;
  return { folder: await folderAt(path, "-assets-path"), symlinks: "follow", digests };
}

async function readTls(flags: MatchboxFlags): Promise<NonNullable<HttpDeps["tls"]>> {
  const read = (name: "web-cert-file" | "web-key-file") =>
    readFile(flags[name]).catch((error: unknown) => {
      throw bad(`-${name}`, "a PEM file", `${flags[name]} (${systemErrorCode(error)})`);
    });
  return { cert: await read("web-cert-file"), key: await read("web-key-file") };
}

function bad(flag: string, want: string, got: string): KindlingError {
  return new KindlingError("usage.invalid", `${flag}: want ${want}, got "${got}"`);
}
