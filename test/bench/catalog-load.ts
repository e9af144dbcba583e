/** A worker that asks one path for many machines by sixteen connections, and posts what it took. */
import { Agent, get } from "node:http";
import { parentPort, workerData } from "node:worker_threads";

/** What the worker is told. */
export type Load = {
  readonly port: number;
  readonly path: string;
  readonly groups: number;
  readonly requests: number;
};
/** What it answers: requests a second, and milliseconds of the slowest in a hundred. */
export type Loaded = { readonly requests: number; readonly p99: number };

const connections = 16;

parentPort?.postMessage(await load(workerData as Load)); // what catalog.ts passes

async function load({ port, path, groups, requests }: Load): Promise<Loaded> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const ask = (machine: number) =>
    new Promise<number>((resolve, reject) => {
      const started = performance.now();
      get({ port, agent, path: `${path}?mac=${machineOf(machine % groups)}` }, (response) => {
        if (response.statusCode !== 200) reject(new Error(`got ${response.statusCode}`));
        response.resume().once("end", () => resolve(performance.now() - started));
      }).once("error", reject);
    });
  const run = async (count: number) => {
    const times: number[] = [];
    let next = 0;
    const chain = async () => {
      while (next < count) times.push(await ask(next++));
    };
    await Promise.all(Array.from({ length: connections }, chain));
    return times;
  };
  await run(requests / 4); // until the code is compiled and the catalog read
  const started = performance.now();
  const times = (await run(requests)).sort((a, b) => a - b);
  const seconds = (performance.now() - started) / 1000;
  agent.destroy();
  const p99 = times[Math.floor(times.length * 0.99)] ?? Number.NaN;
  return { requests: times.length / seconds, p99 };
}

/** The MAC address of a machine by its number. */
function machineOf(machine: number): string {
  const hex = machine.toString(16).padStart(6, "0");
  return `52:54:00:${hex.match(/../g)?.join(":")}`;
}
