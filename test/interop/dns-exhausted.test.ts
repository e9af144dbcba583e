import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isInSandbox } from "../../src/lab/sandbox.ts";
import { onHost, openVirtualLan, type VirtualLan } from "../../src/lab/virtual-lan.ts";

const support = (file: string) => fileURLToPath(new URL(`../support/${file}`, import.meta.url));
/** Descriptors for the server: Node itself takes some 25, so its listeners run out before their limits. */
const descriptors = 48;

describe.runIf(isInSandbox(process.env))("dns with no descriptor left", () => {
  let lan: VirtualLan;
  let closeServer: () => Promise<void>;

  beforeAll(async () => {
    lan = await openVirtualLan();
    await lan.addHost("server", "10.77.0.1/24");
    await lan.addHost("client", "10.77.0.99/24");
    const start = `ulimit -n ${descriptors}; exec "$0" "$@"`;
    const argv = [process.execPath, support("dns-launcher.ts"), "10.77.0.1/24"];
    const [program = "", ...rest] = onHost("server", ["sh", "-c", start, ...argv]);
    const server = execa(program, rest, { stderr: "inherit" });
    closeServer = async () => {
      server.stdin.end();
      await server;
    };
    await once(server.stdout, "data");
    // As many clients as hold more connections than one may, each from an address of its own.
    for (let at = 100; at < 104; at += 1) {
      await execa("ip", ["-n", "client", "addr", "add", `10.77.0.${at}/24`, "dev", "eth0"]);
    }
  });

  afterAll(async () => {
    await closeServer();
    await lan[Symbol.asyncDispose]();
  });

  it("answers by UDP while connections pile up, and by TCP once they are gone", async () => {
    const dig = async (...words: string[]) => {
      const argv = onHost("client", [
        "dig",
        "+short",
        "+time=3",
        "+tries=2",
        "@10.77.0.1",
        ...words,
      ]);
      return (await execa(argv[0] ?? "", argv.slice(1), { reject: false })).stdout;
    };
    const argv = onHost("client", [
      process.execPath,
      support("tcp-pile-client.ts"),
      "10.77.0.1",
      "53",
    ]);
    const pile = execa(argv[0] ?? "", argv.slice(1));
    const [told] = await once(pile.stdout, "data");
    const { opened, refused } = JSON.parse(String(told));
    expect(opened + refused).toBe(100);
    // Four clients might have 64: fewer got one, so it was descriptors that ran out.
    expect(opened).toBeLessThan(64);
    for (let at = 0; at < 20; at += 1) expect(await dig("node1.kindling.lan")).toBe("10.77.0.11");
    pile.stdin.end();
    await pile;
    await expect
      .poll(() => dig("+tcp", "node1.kindling.lan"), { timeout: 10_000 })
      .toBe("10.77.0.11");
  });
});
