import { describe, expect, it } from "vitest";
import { openUdp } from "../../src/runtime/udp.ts";
import { anyAddress, parseIpv4 } from "../../src/wire/ipv4.ts";

const loopback = parseIpv4("127.0.0.1");

describe("openUdp", () => {
  it("hears what arrives by the device it is bound to, and from whom", async () => {
    await using server = await openUdp({ address: anyAddress, port: 0, device: "lo" });
    await using client = await openUdp({ address: loopback, port: 0 });
    const heard = new Promise((resolve) => {
      server.receive((datagram, peer) => resolve({ text: Buffer.from(datagram).toString(), peer }));
    });
    client.send(Buffer.from("hello"), { address: loopback, port: server.local.port });
    expect(await heard).toEqual({ text: "hello", peer: client.local });
  });

  it("notices another server on the port", async () => {
    await using first = await openUdp({ address: anyAddress, port: 0, device: "lo" });
    const { port } = first.local;
    await expect(openUdp({ address: anyAddress, port, device: "lo" })).rejects.toMatchObject({
      code: "port.in-use",
    });
  });

  it("names an interface that is not there", async () => {
    const missing = openUdp({ address: anyAddress, port: 0, device: "nope0" });
    await expect(missing).rejects.toThrow("there is no interface nope0");
  });

  it("hands a handler's bug to the error handler and goes on", async () => {
    await using server = await openUdp({ address: loopback, port: 0 });
    await using client = await openUdp({ address: loopback, port: 0 });
    const failed = new Promise<Error>((resolve) => {
      server.onError(resolve);
    });
    server.receive(() => {
      throw new Error("a bug");
    });
    client.send(Buffer.from("x"), server.local);
    expect((await failed).message).toBe("a bug");
  });
});
