import { describe, expect, it } from "vitest";
import type { BootFact } from "../../src/boot/event.ts";
import { type Log, silentLog } from "../../src/runtime/log.ts";
import { reportRefusal, reportTransfer } from "../../src/tftp/report.ts";
import { Busy, Stopping } from "../../src/tftp/request.ts";
import { beginTransfer, stepTransfer, type TransferOutcome } from "../../src/tftp/transfer.ts";
import type { IpAddress } from "../../src/wire/ip.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseMac } from "../../src/wire/mac.ts";

const mac = parseMac("52:54:00:12:34:56");
const peer = { address: parseIpv4("10.0.0.9"), port: 2070 };

/** Collects log lines as `level message` with their fields, and published facts. */
function listeners() {
  const lines: { line: string; fields: Record<string, unknown> | undefined }[] = [];
  const facts: BootFact[] = [];
  const at =
    (level: string) =>
    (message: string, fields?: Record<string, unknown>): void => {
      lines.push({ line: `${level} ${message}`, fields });
    };
  const levels = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  const log: Log = { ...silentLog, ...levels };
  return { lines, facts, log, publish: (fact: BootFact) => facts.push(fact) };
}

describe("reportTransfer", () => {
  const plan = {
    size: 1000,
    requestBytes: 22,
    terms: { blksize: 100, windowsize: 1, granted: [] },
  };
  const { state } = stepTransfer(beginTransfer(plan).state, { kind: "ack", block: 1 });
  const rows: { outcome: TransferOutcome; level: string; bytes: number }[] = [
    { outcome: { kind: "sent", reason: "last-ack-missing" }, level: "info", bytes: 1000 },
    { outcome: { kind: "failed", reason: "client-silent" }, level: "info", bytes: 100 },
    { outcome: { kind: "probe", reason: "client-restarted" }, level: "debug", bytes: 100 },
    { outcome: { kind: "failed", reason: "internal-error" }, level: "error", bytes: 100 },
  ];
  it.each(rows)("tells $outcome.reason at $level", ({ outcome, level, bytes }) => {
    const heard = listeners();
    reportTransfer(heard, { peer, file: "a.efi", state, outcome, ms: 7 });
    const facts = { file: "a.efi", bytes, ms: 7, outcome: outcome.kind, reason: outcome.reason };
    expect(heard.lines).toMatchObject([{ line: `${level} tftp transfer`, fields: facts }]);
    expect(heard.facts).toMatchObject([{ kind: "tftp", address: peer.address, ...facts }]);
  });
});

it("names the machine that was last seen at the address", () => {
  const heard = listeners();
  const request = { kind: "read-request", name: "a", mode: "octet", options: [] } as const;
  const machineAt = (address: IpAddress) => (address === peer.address ? mac : undefined);
  reportRefusal({ ...heard, machineAt }, { peer, request, refusal: Stopping, ms: 0 });
  expect(heard.lines[0]?.fields).toMatchObject({ client: "10.0.0.9", mac });
});

describe("reportRefusal", () => {
  it("tells one of a flood at debug", () => {
    const heard = listeners();
    const request = { kind: "read-request", name: "a", mode: "octet", options: [] } as const;
    reportRefusal(heard, { peer, request, refusal: Busy, ms: 0 });
    expect(heard.lines).toMatchObject([{ line: "debug tftp transfer" }]);
  });

  it("prints a hostile name harmlessly", () => {
    const heard = listeners();
    const name = `a\x1b[2J\n${"x".repeat(400)}`;
    const request = { kind: "read-request", name, mode: "octet", options: [] } as const;
    reportRefusal(heard, { peer, request, refusal: Stopping, ms: 0 });
    const file = `a?[2J?${"x".repeat(400)}`.slice(0, 255);
    expect(heard.facts).toMatchObject([{ outcome: "refused", reason: "stopping", file }]);
    expect(heard.lines).toMatchObject([{ line: "info tftp transfer", fields: { file } }]);
  });
});
