import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { KindlingError } from "../errors.ts";
import { openGuestFiles } from "./guest-files.ts";
import type { InsideJob } from "./inside.ts";
import { labPaths } from "./lab-config.ts";
import type { Screen } from "./live-view.ts";
import { cacheFolder } from "./package-cache.ts";
import { sandboxCommand } from "./sandbox.ts";

/** What `kindling lab` is asked to do. */
export type LabOptions = {
  readonly firmware: "bios" | "uefi";
  readonly machines: number;
  /** End as soon as every machine reported, with exit code 0, or at the time-out with 1. */
  readonly once: boolean;
  readonly json: boolean;
  readonly timeoutSeconds: number;
  /** A capture of the LAN, by tcpdump. */
  readonly pcap?: string;
  /** Loopback port that leads to the daemon's admin API; 0 for any free one. */
  readonly port: number;
};

/** What the lab needs of the process around it. */
export type LabIo = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  readonly out: Screen;
  readonly signal: AbortSignal;
};

/** How long the sandbox may take to end by itself once told to. */
const endMs = 8000;

/**
 * The lab, seen from the host: prepares what needs the network, runs the rest in a sandbox and leads
 * one loopback port to the daemon in it. Resolves with the exit code.
 */
export async function runLab(options: LabOptions, io: LabIo): Promise<number> {
  const say = (sentence: string): void => {
    io.out.write(
      options.json ? `${JSON.stringify({ kind: "step", sentence })}\n` : `${sentence}\n`,
    );
  };
  await proveSandbox(io.uid);
  const guest = await openGuestFiles(cacheFolder(io.environment), say);
  const folder = await mkdtemp(join(tmpdir(), "kindling-lab-"));
  await using door = await openDoor(options.port, labPaths(folder).socket);
  say(`admin API of the lab's daemon: http://127.0.0.1:${door.port}/v1/status`);
  const job: InsideJob = {
    options,
    guest,
    folder,
    isTerminal: io.out.isTerminal,
    columns: io.out.columns,
  };
  const code = await runInside(job, io);
  if (code === 0 || io.signal.aborted) await rm(folder, { recursive: true, force: true });
  else say(`the daemon's log and settings are kept in ${folder}`);
  return code;
}

async function proveSandbox(uid: number): Promise<void> {
  const [program = "", ...rest] = sandboxCommand(["true"], uid);
  const result = await execa(program, rest, { reject: false });
  if (!result.failed) return;
  const cure =
    uid === 0
      ? "this root may not make namespaces: give the container CAP_SYS_ADMIN, or run outside of one"
      : "run it as root, or allow user namespaces: sysctl kernel.unprivileged_userns_clone=1 " +
        "kernel.apparmor_restrict_unprivileged_userns=0";
  throw new KindlingError("rights.missing", `no sandbox for the virtual LAN; ${cure}`, {
    stderr: result.stderr ?? result.shortMessage,
  });
}

async function runInside(job: InsideJob, io: LabIo): Promise<number> {
  const program = join(import.meta.dirname, "inside.ts");
  const inner = [process.execPath, program, JSON.stringify(job)];
  const [command = "", ...rest] = sandboxCommand(inner, io.uid);
  // The sandbox ends when its standard input does, so it never outlives this process.
  const child = spawn(command, rest, { stdio: ["pipe", "inherit", "inherit"] });
  const end = (): void => {
    child.stdin.end();
    const late = setTimeout(() => child.kill("SIGKILL"), endMs);
    child.once("exit", () => clearTimeout(late));
  };
  io.signal.addEventListener("abort", end, { once: true });
  const code = await exitCode(child);
  io.signal.removeEventListener("abort", end);
  return code;
}

async function exitCode(child: ChildProcess): Promise<number> {
  const [code] = await once(child, "exit");
  return typeof code === "number" ? code : 1;
}

type Door = AsyncDisposable & { readonly port: number };

// A path reaches into the sandbox where no address does: TCP on this side, the admin socket on that.
async function openDoor(port: number, socketPath: string): Promise<Door> {
  const server = createServer((client) => {
    const inner = connect(socketPath);
    client.pipe(inner).pipe(client);
    client.on("error", () => inner.destroy());
    inner.on("error", () => client.destroy());
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    async [Symbol.asyncDispose]() {
      server.close();
    },
  };
}
