import { expect, it } from "vitest";
import { EventBus } from "../../src/runtime/event-bus.ts";
import { openMetrics } from "../../src/runtime/metrics.ts";

const clock = { now: () => 0, after: () => ({ [Symbol.dispose]: () => {} }) };
const http = { kind: "http", resource: "asset", method: "GET", path: "/assets/x", ms: 1 } as const;
const tftp = { kind: "tftp", file: "x", ms: 1, blksize: 512, windowsize: 1, retries: 0 } as const;

it("counts what passes on the bus, by bounded labels", async () => {
  const bus = new EventBus(clock);
  using metrics = openMetrics(bus, { version: "1.2.3" });
  bus.publish({ ...http, status: 200, bytes: 10 });
  bus.publish({ ...http, status: 200, bytes: 20 });
  bus.publish({ ...tftp, outcome: "sent", reason: "acknowledged", bytes: 1000, retries: 2 });
  bus.publish({ ...tftp, outcome: "failed", reason: "client-silent", bytes: 24 });
  const manifest = { ...http, resource: "manifest", path: "/v2/a/manifests/1" } as const;
  bus.publish({ ...manifest, method: "HEAD", status: 200, bytes: 0 });
  bus.publish({ ...manifest, status: 200, bytes: 500 });
  bus.publish({ ...manifest, method: "HEAD", status: 404, bytes: 0 });
  bus.publish({ ...manifest, status: 503, bytes: 90 });
  bus.publish({ ...http, resource: "blob", status: 206, bytes: 1000 });
  bus.publish({ ...http, resource: "blob", status: 404, bytes: 90 });
  bus.publish({ kind: "report", stage: "up" });
  bus.publish({ kind: "dhcp", direction: "out", message: "offer", port: 67, stage: "firmware" });
  const text = await metrics.render();
  for (const line of [
    'kindling_build_info{version="1.2.3"} 1',
    'kindling_dhcp_messages_total{direction="out",message="offer"} 1',
    'kindling_tftp_transfers_total{outcome="sent",reason="acknowledged"} 1',
    'kindling_tftp_transfers_total{outcome="failed",reason="client-silent"} 1',
    "kindling_tftp_retries_total 2",
    "kindling_tftp_bytes_total 1024",
    'kindling_http_requests_total{resource="asset",status="200"} 2',
    'kindling_oci_pulls_total{outcome="sent"} 1',
    'kindling_oci_pulls_total{outcome="missing"} 1',
    'kindling_oci_pulls_total{outcome="failed"} 1',
    "kindling_oci_bytes_total 1500",
    "kindling_boot_reports_total 1",
  ]) {
    expect(text.split("\n")).toContain(line);
  }
  expect(text).toMatch(/^process_resident_memory_bytes \d+/m);
  expect(text).not.toContain("/assets/x");
});

it("stops counting when disposed of", async () => {
  const bus = new EventBus(clock);
  const metrics = openMetrics(bus, { version: "1" });
  metrics[Symbol.dispose]();
  bus.publish({ kind: "report", stage: "up" });
  expect(await metrics.render()).not.toContain("kindling_boot_reports_total");
});

it("reads a gauge each time that it is asked", async () => {
  using metrics = openMetrics(new EventBus(clock), { version: "1" });
  let open = 3;
  metrics.gauge("kindling_http_transfers_open", "Files under way.", () => open);
  expect(await metrics.render()).toContain("\nkindling_http_transfers_open 3\n");
  open = 0;
  expect(await metrics.render()).toContain("\nkindling_http_transfers_open 0\n");
});
