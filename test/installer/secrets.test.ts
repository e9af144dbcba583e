import { describe, expect, it } from "vitest";
import {
  bootstrapTokenFrom,
  certificateOf,
  formatBootstrapToken,
} from "../../src/installer/secrets.ts";
import { clusterOf, fakeSecrets } from "../support/cluster.ts";

describe("bootstrapTokenFrom", () => {
  it("is of the form that Kubernetes takes", () => {
    const random = Uint8Array.from({ length: 64 }, (_, at) => (at * 37) % 256);
    const token = bootstrapTokenFrom(random);
    expect(formatBootstrapToken(token)).toMatch(/^[a-z0-9]{6}\.[a-z0-9]{16}$/);
  });

  it("favours no letter: bytes that would are left out", () => {
    const random = Uint8Array.from({ length: 26 }, (_, at) => (at < 4 ? 252 + at : 35));
    expect(formatBootstrapToken(bootstrapTokenFrom(random))).toBe("999999.9999999999999999");
    expect(() => bootstrapTokenFrom(random.subarray(0, 25))).toThrow("want 22 letters");
  });
});

describe("certificateOf", () => {
  it("is of the machine that is asked for, and never of none", () => {
    const secrets = fakeSecrets(clusterOf("ha"));
    expect(certificateOf(secrets, "apiserver", "c2").cert).toContain("apiserver@c2");
    expect(() => certificateOf(secrets, "apiserver", "w1")).toThrow("no certificate apiserver@w1");
  });
});
