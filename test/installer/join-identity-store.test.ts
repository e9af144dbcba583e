import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openJoinIdentity } from "../../src/installer/join-identity-store.ts";
import { durableDisk } from "../../src/runtime/durable-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kindling-identity-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const day = 86_400_000;
const now = Date.UTC(2026, 10, 30);
const open = (names: string[], at: number) =>
  openJoinIdentity(folder, { disk: durableDisk, names, now: at });

it("makes an authority once, and a certificate that follows names and calendar", async () => {
  const first = await open(["10.77.0.1"], now);
  const same = await open(["10.77.0.1"], now + 300 * day);
  expect(same).toEqual(first);
  const renewed = await open(["10.77.0.1"], now + 340 * day);
  const moved = await open(["10.77.0.1", "10.88.0.1"], now + 340 * day);
  for (const { authority, server } of [first, renewed, moved]) {
    expect(authority).toBe(first.authority);
    const certificate = new X509Certificate(server.cert);
    expect(certificate.verify(new X509Certificate(authority).publicKey)).toBe(true);
  }
  expect(renewed.server.cert).not.toBe(first.server.cert);
  expect(new X509Certificate(moved.server.cert).subjectAltName).toBe(
    "IP Address:10.77.0.1, IP Address:10.88.0.1",
  );
});
