import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  describeExpiry,
  expiryOf,
  makeAuthority,
  makeLeaves,
  serverNames,
} from "../../src/rpc/credential-set.ts";

const now = Date.UTC(2026, 10, 20);
const day = 86_400_000;
const patched = () => "getMetadata" in Reflect; // reflect-metadata was here
const patchedByReading = patched();
const authority = await makeAuthority(now);
const names = ["boot.lan", "10.0.0.1", "2001:db8::1", "1:2:3:4:5:6:7:8"];

describe("makeLeaves", () => {
  it("makes a server of these names and a client, both under the authority", async () => {
    const { server, client } = await makeLeaves(authority, { names, now, days: 30 });
    const ca = new X509Certificate(authority.cert);
    const [one, other] = [server, client].map(({ cert }) => new X509Certificate(cert));
    expect([one?.checkIssued(ca), other?.checkIssued(ca)]).toEqual([true, true]);
    expect(one?.checkHost("boot.lan")).toBe("boot.lan");
    for (const address of ["10.0.0.1", "2001:db8::1"]) expect(one?.checkIP(address)).toBe(address);
    expect(serverNames(server.cert)).toEqual([
      ...["boot.lan", "10.0.0.1", "2001:db8:0:0:0:0:0:1", "1:2:3:4:5:6:7:8"],
    ]);
    expect(one?.serialNumber).not.toBe(other?.serialNumber);
    expect(expiryOf(server.cert)).toBe(now + 30 * day);
  });
});

it("loads the package, which patches Reflect, only to make certificates", () => {
  expect([patchedByReading, patched()]).toEqual([false, true]);
});

describe("describeExpiry", async () => {
  const { cert } = (await makeLeaves(authority, { names, now, days: 100 })).client;
  it.each([
    { name: "nothing while it is far", after: 70, want: undefined },
    { name: "30 days before", after: 71, want: "x.crt expires in 29 days, on 2027-02-28" },
    { name: "after the end", after: 100, want: "x.crt has expired on 2027-02-28" },
  ])("says $name", ({ after, want }) => {
    const said = describeExpiry("x.crt", cert, now + after * day)?.message;
    const cure = "renew it with `kindling tls init --renew`";
    expect(said).toBe(want === undefined ? undefined : `${want}: ${cure}`);
  });
});
