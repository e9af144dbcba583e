import { once } from "node:events";
import { join } from "node:path";
import { execa, type ResultPromise } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { onHost, openVirtualLan, type VirtualLan } from "../../src/lab/virtual-lan.ts";

const support = join(import.meta.dirname, "../support");
const addresses = ["10.69.0.1", "10.69.0.9"] as const;

describe.each(["own", "single"])("a server with two addresses on a link, by %s port", (mode) => {
  let lan: VirtualLan;
  let server: ResultPromise<{ buffer: false }>;
  beforeAll(async () => {
    lan = await openVirtualLan();
    await lan.addHost("server", `${addresses[0]}/24`);
    await lan.addHost("client", "10.69.0.2/24");
    await run("server", "ip", "address", "add", `${addresses[1]}/24`, "dev", "eth0");
    const script = join(support, "serve-tftp.ts");
    const links = `${addresses[0]}%eth0,${addresses[1]}`;
    const argv = [process.execPath, script, links, "69", mode, "1300"];
    const [program = "", ...rest] = onHost("server", argv);
    server = execa(program, rest, { buffer: false });
    await Promise.race([once(server.stdout, "data"), server]); // the line that says it serves
  });
  afterAll(async () => {
    server.kill("SIGTERM");
    await server.catch(() => {});
    await lan[Symbol.asyncDispose]();
  });

  const rows = [
    { to: addresses[0], from: addresses[0] },
    { to: addresses[1], from: addresses[1] }, // the kernel alone would take the first
    { to: "255.255.255.255", from: addresses[0] },
  ];
  it.each(rows)("answers $to from $from", async ({ to, from }) => {
    const script = join(support, "tftp-probe.ts");
    const answer = JSON.parse(await run("client", process.execPath, script, to, "1300.bin"));
    expect(answer).toMatchObject({ from, bytes: 1300 });
    expect(answer.port === 69).toBe(mode === "single");
  });
});

async function run(host: string, ...argv: readonly string[]): Promise<string> {
  const [program = "", ...rest] = onHost(host, argv);
  const { stdout } = await execa(program, rest, { timeout: 20_000 });
  return stdout;
}
