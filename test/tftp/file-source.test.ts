import { describe, expect, it } from "vitest";
import { findFile, type TftpPeer } from "../../src/tftp/file-source.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";

const peer: TftpPeer = { address: parseIpv4("10.0.0.9"), port: 1, server: parseIpv4("10.0.0.1") };
const files = {
  open: (name: string) =>
    name === "ipxe.efi"
      ? ({ kind: "file", name, bytes: Buffer.from("x") } as const)
      : ({ kind: "missing", reason: `no ${name}` } as const),
};

describe("findFile", () => {
  it("gives the first name there is", async () => {
    const found = await findFile(files, ["IPXE.EFI", "ipxe.efi"], peer);
    expect(found).toMatchObject({ kind: "file", name: "ipxe.efi" });
  });

  it("says why the name that was asked for is missing, not a spelling of it", async () => {
    const found = await findFile(files, ["A.0", "A", "a.0", "a"], peer);
    expect(found).toEqual({ kind: "missing", reason: "no A.0" });
  });
});
