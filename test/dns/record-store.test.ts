import { describe, expect, it } from "vitest";
import { openRecordStore } from "../../src/dns/record-store.ts";
import { type DnsSettings, defaultRateLimit, defaultTtl } from "../../src/dns/settings.ts";
import { FakeDisk } from "../support/fake-disk.ts";

const settings: DnsSettings = {
  ...{ domain: "kindling.lan", provisioner: "provisioner" },
  controller: { name: "controller", targets: [] },
  console: { name: "tectonic", targets: [] },
  ...{ records: [], zones: [], ttl: defaultTtl, secondaries: [], rateLimit: defaultRateLimit },
};
const wish = (name: string, type = "A", value = "10.77.0.21") =>
  JSON.stringify({ domain: "kindling.lan", records: [{ name, type, value }] });
const namesOf = ({ records }: DnsSettings) => records.map(({ name }) => name);

describe("openRecordStore", () => {
  it("answers by what is kept, through a restart and a reload", async () => {
    const disk = new FakeDisk();
    const told: string[][] = [];
    const store = await openRecordStore("records.json", disk, settings);
    store.answerBy((given) => told.push(namesOf(given)));
    await store.put("demo", wish("api.kindling.lan"));
    await store.put("demo", wish("api2.kindling.lan"));
    store.replaceSettings({ ...settings, records: [{ name: "m", type: "A", value: "10.77.0.5" }] });
    const again = await openRecordStore("records.json", disk, settings);
    expect(namesOf(again.settings)).toEqual(["api2.kindling.lan."]);
    expect(await store.remove("demo")).toBe(true);
    expect(await store.remove("demo")).toBe(false);
    expect(told).toEqual([
      ["api.kindling.lan."],
      ["api2.kindling.lan."],
      ["m", "api2.kindling.lan."],
      ["m"],
    ]);
  });

  it("keeps nothing that contradicts the settings or another owner", async () => {
    const store = await openRecordStore("records.json", new FakeDisk(), settings);
    await store.put("demo", wish("api.kindling.lan"));
    const alias = wish("api.kindling.lan", "CNAME", "controller");
    await expect(store.put("other", alias)).rejects.toMatchObject({ code: "usage.invalid" });
    await expect(store.put("other", wish("x.kindling.lan", "A", "nowhere"))).rejects.toThrow(
      /dns record "x.kindling.lan." A/,
    );
    expect([...store.list().keys()]).toEqual(["demo"]);
  });
});
