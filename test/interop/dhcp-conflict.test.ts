import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Finding } from "../../src/boot/finding.ts";
import { OptionCode } from "../../src/dhcp/options.ts";
import { formatDhcp, parseDhcp } from "../../src/dhcp/packet.ts";
import { onHost, openVirtualLan, type VirtualLan } from "../../src/lab/virtual-lan.ts";
import { formatIpv4 } from "../../src/wire/ipv4.ts";
import { clientMac, type MessageParts, messageOf } from "../support/dhcp-message.ts";

const support = join(import.meta.dirname, "../support");

let lan: VirtualLan;
let folder = "";

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "kindling-conflict-"));
  lan = await openVirtualLan();
  await lan.addHost("server", "10.77.0.1/24");
  await lan.addHost("client");
});
afterEach(async () => {
  await lan[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

type Line = { ready?: true; raised?: Finding };

function run(host: string, argv: readonly string[]) {
  const [program = "", ...rest] = onHost(host, argv);
  return execa(program, rest, { reject: false });
}

/** The server with the pool .100 to `last`; `raised` settles with the finding about an address. */
async function startServer(last: string) {
  const daemon = join(support, "dhcp-daemon.ts");
  const file = join(folder, "leases.journal");
  const argv = [process.execPath, daemon, "full", file, "600", last];
  const [program = "", ...rest] = onHost("server", argv);
  const child = execa(program, rest, { reject: false, stderr: "inherit", buffer: false });
  const lines: Line[] = [];
  let look = (): void => {};
  createInterface(child.stdout).on("line", (line) => {
    lines.push(JSON.parse(line));
    look();
  });
  const seen = (want: (line: Line) => boolean) =>
    new Promise<Line>((resolve) => {
      look = () => {
        const found = lines.find(want);
        if (found !== undefined) resolve(found);
      };
      look();
    });
  await seen(({ ready }) => ready === true);
  const raised = (subject: string) => seen((line) => line.raised?.subject === subject);
  const end = async () => {
    child.kill("SIGTERM");
    await child;
  };
  return { raised, [Symbol.asyncDispose]: end };
}

/** "offer 10.77.0.100", "nak", "nothing": what a client hears. */
async function ask(parts: MessageParts): Promise<string> {
  const hex = Buffer.from(formatDhcp(messageOf(parts), 1472)).toString("hex");
  const probe = join(support, "dhcp-probe.ts");
  const argv = [process.execPath, probe, "68", "255.255.255.255", "67", hex];
  const { stdout } = await run("client", argv);
  const reply: { hex: string } | null = JSON.parse(stdout);
  if (reply === null) return "nothing";
  const { options, yiaddr } = parseDhcp(Buffer.from(reply.hex, "hex"));
  const type = options.get(OptionCode.messageType)?.[0];
  if (type === 6) return "nak";
  return `${type === 2 ? "offer" : "ack"} ${formatIpv4(yiaddr)}`;
}

/** A host that sends anything asks first who has the address it sends to, and says who asks. */
async function speak(host: string): Promise<void> {
  const send = "require('dgram').createSocket('udp4').send('x', 9, '10.77.0.1', process.exit)";
  expect((await run(host, [process.execPath, "-e", send])).exitCode).toBe(0);
}

const select = (mac: string, requested: string) =>
  ask({ type: "request", mac, requested, serverId: "10.77.0.1" });

describe("a host with an address of the pool", () => {
  it("is found before anybody is offered it, named, and offered around", async () => {
    await lan.addHost("static", "10.77.0.102/24");
    await using server = await startServer("10.77.0.103");
    const { raised } = await server.raised("10.77.0.102");
    const { stdout } = await run("static", ["cat", "/sys/class/net/eth0/address"]);
    expect(raised).toMatchObject({ code: "dhcp.address-conflict", mac: stdout });
    const heard = [];
    for (let number = 1; number <= 4; number += 1) {
      heard.push(await ask({ mac: `52:54:00:77:01:0${number}` }));
    }
    expect(heard.slice(0, 3).sort()).toEqual([
      "offer 10.77.0.100",
      "offer 10.77.0.101",
      "offer 10.77.0.103",
    ]);
    expect(heard[3]).toBe("nothing");
  });

  it("that appears between OFFER and REQUEST keeps it; the client gets another", async () => {
    await using server = await startServer("10.77.0.199");
    const first = (await ask({})).replace("offer ", "");
    await lan.addHost("static", `${first}/24`);
    await speak("static");
    await server.raised(first);
    expect(await select(clientMac, first)).toBe("nak");
    const second = await ask({});
    expect(second).toMatch(/^offer /);
    expect(second).not.toBe(`offer ${first}`);
  });

  it("gets that very address when it asks for it", async () => {
    await lan.addHost("static", "10.77.0.102/24");
    const { stdout: mac } = await run("static", ["cat", "/sys/class/net/eth0/address"]);
    await using server = await startServer("10.77.0.103");
    await server.raised("10.77.0.102");
    expect(await ask({ type: "request", mac, requested: "10.77.0.102" })).toBe("ack 10.77.0.102");
  });
});

describe("5,000 made-up machines", () => {
  it("take no known machine's address, and leave it served", async () => {
    await using server = await startServer("10.77.0.199");
    expect(await select(clientMac, "10.77.0.150")).toBe("ack 10.77.0.150");
    const crowd = join(support, "dhcp-crowd-client.ts");
    const { stdout } = await run("client", [process.execPath, crowd, "5000"]);
    expect(stdout).toBe("5000");
    await server.raised("10.77.0.0/24");
    expect(await ask({})).toBe("offer 10.77.0.150");
    expect(await select(clientMac, "10.77.0.150")).toBe("ack 10.77.0.150");
  });
});
