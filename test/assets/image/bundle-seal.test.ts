import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import {
  bundleSealBytes,
  formatBundleSeal,
  parseBundleSeal,
} from "../../../src/assets/image/bundle-seal.ts";
import { sealed } from "../../support/bundle.ts";
import { hasProgram } from "../../support/iso.ts";

const hash = Buffer.alloc(32, 0xab);
const seal = formatBundleSeal(hash);

describe("the seal of a bundle", () => {
  it("is read as it was written", () => {
    expect(seal.length).toBe(bundleSealBytes);
    expect(parseBundleSeal(seal)).toEqual({ sha256: hash.toString("hex") });
  });

  it("is none with any byte of its head changed, one more or one less", () => {
    for (let at = 0; at < 24; at += 1) {
      const changed = Buffer.from(seal);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(parseBundleSeal(changed), `byte ${at}`).toBeUndefined();
    }
    expect(parseBundleSeal(seal.subarray(1))).toBeUndefined();
    expect(parseBundleSeal(Buffer.concat([seal, Buffer.of(0)]))).toBeUndefined();
  });

  const hasZstd = hasProgram("zstd");
  const title = hasZstd ? "" : " (skipped: there is no zstd here)";
  it.skipIf(!hasZstd)(`is passed over by zstd${title}`, () => {
    const input = sealed(Buffer.from("some bytes"));
    expect(execFileSync("zstd", ["-dc"], { input }).toString()).toBe("some bytes");
    expect(() =>
      execFileSync("zstd", ["-tq"], { input, stdio: ["pipe", "pipe", "pipe"] }),
    ).not.toThrow();
  });
});
