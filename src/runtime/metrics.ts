import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { BootEvent } from "../boot/event.ts";

/** The counters of the daemon as Prometheus text. */
export type Metrics = Disposable & {
  readonly contentType: string;
  render(): Promise<string>;
  /** Adds a gauge that is read when somebody asks for the metrics. */
  gauge(name: string, help: string, read: () => number): void;
};

/** Anything that hands out boot events as they happen. */
type EventSource = { subscribe(listener: (event: BootEvent) => void): Disposable };

/**
 * Counts what passes on the bus until disposed of. Labels take words of our own vocabularies only,
 * never a name, path or address a peer chose: the number of series is bounded.
 */
export function openMetrics(bus: EventSource, build: { readonly version: string }): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: "kindling_build_info",
    help: "Always 1; the label names the running version.",
    labelNames: ["version"],
    registers: [registry],
  }).set(build, 1);
  const count = openCounters(registry);
  const subscription = bus.subscribe(count);
  return {
    contentType: registry.contentType,
    render: () => registry.metrics(),
    gauge(name, help, read) {
      new Gauge({
        ...{ name, help, registers: [registry] },
        collect() {
          this.set(read());
        },
      });
    },
    [Symbol.dispose]() {
      subscription[Symbol.dispose]();
      registry.clear();
    },
  };
}

function openCounters(registry: Registry): (event: BootEvent) => void {
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name, help, labelNames, registers: [registry] });
  const dhcp = counter("kindling_dhcp_messages_total", "DHCP messages in and out.", [
    "direction",
    "message",
  ]);
  const transfers = counter("kindling_tftp_transfers_total", "TFTP requests by how they ended.", [
    "outcome",
    "reason",
  ]);
  const retries = counter(
    "kindling_tftp_retries_total",
    "Times that TFTP sent again for want of an answer.",
    [],
  );
  const tftpBytes = counter("kindling_tftp_bytes_total", "File bytes sent by TFTP.", []);
  const requests = counter("kindling_http_requests_total", "HTTP requests by how they ended.", [
    "resource",
    "status",
  ]);
  const pulls = counter("kindling_oci_pulls_total", "Manifests asked for, by what came of it.", [
    "outcome",
  ]);
  const pulledBytes = counter("kindling_oci_bytes_total", "Bytes of images sent.", []);
  const reports = counter("kindling_boot_reports_total", "Reports of booted systems.", []);
  const findings = new Gauge({
    name: "kindling_findings",
    help: "Findings that hold now.",
    labelNames: ["code"],
    registers: [registry],
  });
  const modes = new Gauge({
    name: "kindling_dhcp_mode",
    help: "1 for the mode that DHCP serves an interface in, 0 for the others.",
    labelNames: ["interface", "mode"],
    registers: [registry],
  });
  return (event) => {
    if (event.kind === "dhcp-mode") {
      for (const mode of ["probe", "full", "proxy", "hold"] as const) {
        modes.set({ interface: event.device, mode }, event.mode === mode ? 1 : 0);
      }
    }
    if (event.kind === "dhcp") dhcp.inc({ direction: event.direction, message: event.message });
    if (event.kind === "http") requests.inc({ resource: event.resource, status: event.status });
    if (event.kind === "http") countImage(event, { pulls, pulledBytes });
    if (event.kind === "report") reports.inc();
    if (event.kind === "finding") {
      findings.inc({ code: event.finding.code }, event.change === "raised" ? 1 : -1);
    }
    if (event.kind === "tftp") {
      transfers.inc({ outcome: event.outcome, reason: event.reason ?? "" });
      retries.inc(event.retries);
      tftpBytes.inc(event.bytes);
    }
  };
}

// A client looks with HEAD, or by tag, and then gets by digest: the document that is sent is the pull.
function countImage(
  { resource, method, status, bytes }: Extract<BootEvent, { kind: "http" }>,
  { pulls, pulledBytes }: { pulls: Counter<"outcome">; pulledBytes: Counter },
): void {
  if (resource !== "manifest" && resource !== "blob") return;
  if (status < 400) pulledBytes.inc(bytes);
  if (resource === "blob") return;
  if (status === 404) pulls.inc({ outcome: "missing" });
  else if (status >= 400) pulls.inc({ outcome: "failed" });
  else if (method === "GET") pulls.inc({ outcome: "sent" });
}
