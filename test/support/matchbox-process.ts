import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** `kindling matchbox` as a process of its own, from its first line of log to its end. */
export type MatchboxProcess = AsyncDisposable & {
  readonly pid: number;
  readonly port: number;
  /** NaN without `-rpc-address`. */
  readonly rpcPort: number;
};

/** Starts it on loopback with the data of `folder`; disposing of it fails unless it ends well. */
export async function startMatchbox(
  folder: string,
  ...flags: readonly string[]
): Promise<MatchboxProcess> {
  const argv = ["matchbox", "-address=127.0.0.1:0", "-data-path", folder, ...flags];
  const child = spawn(process.execPath, [program, ...argv], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface(child.stdout), "line");
  const { port, rpcPort } = JSON.parse(line);
  return {
    pid: child.pid ?? 0,
    port: Number(port),
    rpcPort: Number(rpcPort),
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      const [code] = await once(child, "exit");
      if (code !== 0) throw new Error(`kindling matchbox ended with ${code}`);
    },
  };
}
