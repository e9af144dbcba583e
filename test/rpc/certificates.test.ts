import { describe, expect, it } from "vitest";
import { planAuthority, planLeaves } from "../../src/rpc/certificates.ts";

const now = Date.UTC(2026, 10, 20, 12);
const date = (milliseconds: number) => new Date(milliseconds).toISOString();

describe("planAuthority", () => {
  it("signs others for ten years and is for no connection", () => {
    const plan = planAuthority(now);
    expect(plan).toMatchObject({
      commonName: "kindling CA 2026-11-20",
      authority: true,
      keyUsages: ["keyCertSign", "cRLSign"],
      names: [],
    });
    expect(plan.purposes).toEqual([]);
    expect(date(plan.notAfter)).toBe("2036-11-17T12:00:00.000Z");
  });
});

describe("planLeaves", () => {
  const { server, client } = planLeaves({ names: ["boot.lan", "10.0.0.1"], now, days: 10 });

  it("gives each end its purpose, and the server alone the names", () => {
    expect(server).toMatchObject({ purposes: ["serverAuth"], names: ["boot.lan", "10.0.0.1"] });
    expect(client).toMatchObject({ purposes: ["clientAuth"], names: [] });
  });

  it.each([server, client])("lets $commonName sign no other, for these days", (plan) => {
    expect(plan).toMatchObject({ authority: false, keyUsages: ["digitalSignature"] });
    expect(date(plan.notBefore)).toBe("2026-11-20T11:00:00.000Z"); // for clocks that are late
    expect(date(plan.notAfter)).toBe("2026-11-30T12:00:00.000Z");
  });
});
