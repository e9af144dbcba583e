import { describe, expect, it } from "vitest";
import { netasciiLimit } from "../../src/tftp/netascii.ts";
import type { TftpRequest } from "../../src/tftp/packet.ts";
import { decideRequest, decideTransfer } from "../../src/tftp/request.ts";

const read: TftpRequest = { kind: "read-request", name: "a.efi", mode: "octet", options: [] };
const limits = { blksizeMax: 1468, windowMax: 16 };

describe("decideRequest", () => {
  const rows = [
    { name: "looks up a clean name", ask: read, want: { kind: "look-up", names: ["a.efi"] } },
    { name: "looks up text", ask: { ...read, mode: "netascii" }, want: { kind: "look-up" } },
    {
      name: "refuses to be written to",
      ask: { ...read, kind: "write-request" as const },
      want: { code: 2, reason: "read-only" },
    },
    {
      name: "refuses mail",
      ask: { ...read, mode: "mail" },
      want: { code: 4, reason: "unknown-mode" },
    },
    {
      name: "refuses no mode",
      ask: { ...read, mode: "" },
      want: { code: 4, reason: "unknown-mode" },
    },
    {
      name: "calls a way up not found, since shim stops at any other code",
      ask: { ...read, name: "../a" },
      want: { code: 1, reason: "parent-folder" },
    },
  ];
  it.each(rows)("$name", ({ ask, want }) => {
    expect(decideRequest(ask)).toMatchObject(want);
  });
});

describe("decideTransfer", () => {
  const tsize = { name: "tsize", value: "0" };

  it("tells the exact size in octet mode", () => {
    const transfer = decideTransfer({ ...read, options: [tsize] }, Buffer.from("a\nb"), limits);
    const terms = { granted: [{ name: "tsize", value: "3" }] };
    expect(transfer).toMatchObject({ kind: "send", plan: { size: 3, terms } });
  });

  it("converts text and tells no size in netascii mode", () => {
    const ask = { ...read, mode: "netascii", options: [tsize] };
    const transfer = decideTransfer(ask, Buffer.from("a\nb"), limits);
    const plan = { size: 4, terms: { granted: [] } };
    expect(transfer).toMatchObject({ bytes: new Uint8Array(Buffer.from("a\r\nb")), plan });
  });

  it("refuses netascii for what is too long to be text", () => {
    const transfer = decideTransfer(
      { ...read, mode: "netascii" },
      new Uint8Array(netasciiLimit + 1),
      limits,
    );
    expect(transfer).toMatchObject({ kind: "refuse", code: 4, reason: "netascii-too-long" });
  });
});
