import { describe, expect, it } from "vitest";
import { ConfigSchema } from "../../src/config/schema.ts";
import { labCatalog, labConfig, labPaths } from "../../src/lab/lab-config.ts";
import { parseMac } from "../../src/wire/mac.ts";

describe("labConfig", () => {
  it("is accepted by the daemon's own schema", () => {
    const mac = parseMac("52:54:00:77:00:10");
    const reservations = [{ mac, address: "10.77.0.50", hostname: "node1" }];
    const text = JSON.stringify(
      labConfig("/run/x", { dhcpMode: "proxy", reservations, farLink: true }),
    );
    expect(ConfigSchema.safeParse(JSON.parse(text)).error).toBeUndefined();
  });

  it("keeps the socket's path below the kernel's limit in a usual temporary folder", () => {
    expect(labPaths("/var/folders/zz/kindling-lab-abcdef").socket.length).toBeLessThan(108);
  });
});

describe("labCatalog", () => {
  it("selects by mac, and takes every other machine with the profile that names none", () => {
    const mac = parseMac("52:54:00:77:00:10");
    const files = labCatalog([
      { id: "one", mac, end: "stay" },
      { id: "default", end: "poweroff" },
    ]);
    expect(JSON.parse(files.get("groups/one.json") ?? "").selector).toEqual({ mac });
    expect(JSON.parse(files.get("groups/default.json") ?? "").selector).toBeUndefined();
    expect(JSON.parse(files.get("profiles/one.json") ?? "").boot.args).toContain(
      "kindling.then=stay",
    );
  });
});
