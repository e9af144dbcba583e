import { describe, expect, it } from "vitest";
import { openUdp } from "../../src/runtime/udp.ts";
import { anyAddress, parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseIpv6 } from "../../src/wire/ipv6.ts";

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

  // Who forges a sender may forge this port, too, for which dgram throws.
  it("sends nothing to port 0, and makes no trouble of it", async () => {
    await using client = await openUdp({ address: loopback, port: 0 });
    const errors: Error[] = [];
    client.onError((error) => errors.push(error));
    expect(() => client.send(Buffer.from("x"), { address: loopback, port: 0 })).not.toThrow();
    expect(errors).toEqual([]);
  });

  it("speaks IPv6, to anybody and to a group of its device", async () => {
    const any = parseIpv6("::");
    const group = parseIpv6("ff02::1:2");
    await using server = await openUdp({ address: any, port: 0, device: "lo", group });
    await using client = await openUdp({ address: parseIpv6("::1"), port: 0 });
    const heard = new Promise<unknown>((resolve) => {
      server.receive((datagram, peer) => resolve({ text: Buffer.from(datagram).toString(), peer }));
    });
    client.send(Buffer.from("hello"), { address: parseIpv6("::1"), port: server.local.port });
    expect(await heard).toEqual({ text: "hello", peer: client.local });
    expect(server.local.address).toBe("::");
    const taken = openUdp({ address: any, port: server.local.port, device: "lo" });
    await expect(taken).rejects.toThrow(`UDP [::]:${server.local.port} on lo is held`);
  });

  it("has a port of one family beside a socket of the other", async () => {
    await using six = await openUdp({ address: parseIpv6("::"), port: 0 });
    await using four = await openUdp({ address: anyAddress, port: six.local.port });
    expect(four.local.port).toBe(six.local.port);
  });
});
