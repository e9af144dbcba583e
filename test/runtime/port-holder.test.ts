import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { findPortHolders, socketInodes } from "../../src/runtime/port-holder.ts";

const table = [
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
  "   0: 00000000:0043 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1111 2 x 0",
  "   1: 0100007F:0045 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 2222 2 x 0",
  "   2: 0100007F:1F90 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 3333 2 x 0",
].join("\n");

describe("socketInodes", () => {
  const cases = [
    { name: "the socket on the port", port: 67, protocol: "udp", want: ["1111"] },
    { name: "nothing on a free port", port: 68, protocol: "udp", want: [] },
    { name: "no TCP connection that only uses the port", port: 8080, protocol: "tcp", want: [] },
  ] as const;
  it.each(cases)("finds $name", ({ port, protocol, want }) => {
    expect(socketInodes(table, port, protocol)).toEqual(want);
  });
});

describe("findPortHolders", () => {
  it("names this very process for a port it holds", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const bound = server.address();
    const port = typeof bound === "object" && bound !== null ? bound.port : 0;
    const holders = await findPortHolders(port, "tcp");
    server.close();
    expect(holders.map(({ pid }) => pid)).toContain(process.pid);
  });
});
