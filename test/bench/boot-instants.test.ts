import { describe, expect, it } from "vitest";
import { parseMac } from "../../src/wire/mac.ts";
import { bootInstants } from "./boot-instants.ts";

const mac = parseMac("52:54:00:88:77:01");
const discover = udpFrame(mac, 68, 67);
const rows = [
  { name: "another machine", at: 1000, bytes: udpFrame("52:54:00:00:00:99", 68, 67) },
  { name: "the first DISCOVER", at: 2000, bytes: discover },
  { name: "its repetition", at: 3000, bytes: discover },
  { name: "the kernel", at: 4000, bytes: tcpFrame(mac, "GET /assets/lab/vmlinuz HTTP/1.1") },
  {
    name: "another machine's RAM disk",
    at: 4200,
    bytes: tcpFrame("52:54:00:00:00:99", "GET /assets/lab/initrd.gz HTTP/1.1"),
  },
  { name: "the RAM disk", at: 4500, bytes: tcpFrame(mac, "GET /assets/lab/initrd.gz HTTP/1.1") },
  { name: "the call of user space", at: 9000, bytes: tcpFrame(mac, "GET /report?mac=x HTTP/1.1") },
];

describe("bootInstants", () => {
  it("counts from the machine's first DISCOVER", () => {
    expect(bootInstants(rows, mac)).toEqual({ kernel: 2.5, up: 7 });
  });

  it.each([
    { name: "a boot that stopped at the kernel", until: 4, want: { kernel: NaN, up: NaN } },
    { name: "a machine that never spoke", until: 1, want: { kernel: NaN, up: NaN } },
  ])("says that $name has no such instant", ({ until, want }) => {
    expect(bootInstants(rows.slice(0, until), mac)).toEqual(want);
  });

  it("takes DNS for no DISCOVER", () => {
    const dns = { at: 0, bytes: udpFrame(mac, 40_000, 53) };
    expect(bootInstants([dns, ...rows], mac).up).toBe(7);
  });
});

function udpFrame(from: string, source: number, target: number): Uint8Array {
  const frame = Buffer.alloc(60);
  frame.write(from.replaceAll(":", ""), 6, "hex");
  frame.writeUInt16BE(0x0800, 12);
  frame[23] = 17;
  frame.writeUInt16BE(source, 34);
  frame.writeUInt16BE(target, 36);
  return frame;
}

function tcpFrame(from: string, payload: string): Uint8Array {
  const frame = Buffer.concat([Buffer.alloc(54), Buffer.from(payload)]);
  frame.write(from.replaceAll(":", ""), 6, "hex");
  frame.writeUInt16BE(0x0800, 12);
  frame[23] = 6;
  return frame;
}
