import { describe, expect, it } from "vitest";
import { findFile } from "../../src/tftp/file-source.ts";
import { limitsOn } from "../../src/tftp/negotiate.ts";
import { formatError, formatPacket, parsePacket, type TftpPacket } from "../../src/tftp/packet.ts";
import { decideRequest, decideTransfer, refuseMissing } from "../../src/tftp/request.ts";
import {
  beginTransfer,
  inputOf,
  stepTransfer,
  type TransferStep,
} from "../../src/tftp/transfer.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";

/*
 * What clients may send and what they get, as conversations: one row for each promise. `ask` is the request with
 * `|` for NUL; then packets of the client in turn, or `silence` until the server's wait is over. `want` are the
 * server's packets.
 */
const files: Readonly<Record<string, number>> = { "a.efi": 1000, empty: 0, full: 1024, "b.0": 1 };
const address = parseIpv4("10.0.0.1");
const peer = { address, port: 2070, server: address };
const limits = limitsOn(
  { address: parseIpv4("10.77.0.1"), mtu: 1500 },
  { blksizeMax: 65_464, windowMax: 64 },
);

type Line = "silence" | "repeat" | TftpPacket;
const ack = (block: number): Line => ({ kind: "ack", block });
const abort = (code: number): Line => ({ kind: "error", code, message: "" });
const rrq = (rest: string) => Buffer.from(`\0\x01${rest.replaceAll("|", "\0")}`, "latin1");

async function talk(ask: Uint8Array, lines: readonly Line[]): Promise<readonly string[]> {
  const request = parsePacket(ask);
  if (request.kind !== "read-request" && request.kind !== "write-request") return [];
  const decision = decideRequest(request);
  if (decision.kind === "refuse") return [told(formatError(decision.code, decision.text))];
  const open = (name: string) => {
    const size = files[name];
    if (size === undefined) return { kind: "missing", reason: `no profile has ${name}` } as const;
    return { kind: "file", name, bytes: Buffer.alloc(size, "a\n") } as const;
  };
  const found = await findFile({ open }, decision.names, peer);
  if (found.kind === "missing") return [told(formatError(1, refuseMissing(found.reason).text))];
  const transfer = decideTransfer(request, found.bytes, limits);
  if (transfer.kind === "refuse") return [told(formatError(transfer.code, transfer.text))];
  const said: string[] = [];
  const say = (step: TransferStep): TransferStep => {
    for (const item of step.send) {
      if (item.kind === "data") said.push(`DATA ${item.block & 0xffff} ${item.end - item.start}`);
      else
        said.push(told(formatPacket({ kind: "option-ack", options: transfer.plan.terms.granted })));
    }
    if (step.outcome !== undefined) said.push(`${step.outcome.kind} ${step.outcome.reason}`);
    return step;
  };
  let step = say(beginTransfer(transfer.plan));
  for (const line of lines) {
    if (line === "silence") step = say(stepTransfer(step.state, { kind: "timeout" }));
    else if (line === "repeat") step = say(stepTransfer(step.state, { kind: "repeat-request" }));
    else {
      const input = inputOf(line);
      if (input !== undefined) step = say(stepTransfer(step.state, input));
    }
  }
  return said;
}

function told(bytes: Uint8Array): string {
  expect(bytes.length).toBeLessThanOrEqual(4 + 100 + 1);
  const packet = parsePacket(bytes);
  if (packet.kind === "error") return `ERROR ${packet.code} ${packet.message}`;
  if (packet.kind !== "option-ack") return packet.kind;
  return ["OACK", ...packet.options.map(({ name, value }) => `${name}=${value}`)].join(" ");
}

const requests: readonly { name: string; ask: string; want: string }[] = [
  { name: "mode without case", ask: "a.efi|OcTeT|", want: "DATA 1 512" },
  { name: "text converted", ask: "empty|netascii|tsize|0|", want: "DATA 1 0" },
  { name: "mail refused", ask: "a.efi|mail|", want: "ERROR 4 mode wants octet or netascii" },
  { name: "0xff behind the name", ask: "a.efi\xff|octet|", want: "DATA 1 512" },
  { name: "controls and blanks behind it", ask: "a.efi \r\n|octet|", want: "DATA 1 512" },
  { name: "backslashes and doubled slashes", ask: "\\\\a.efi|octet|", want: "DATA 1 512" },
  { name: "a boot layer behind the name", ask: "a.efi.0|octet|", want: "DATA 1 512" },
  { name: "a name that does end in .0", ask: "b.0|octet|", want: "DATA 1 1" },
  { name: "capitals", ask: "A.EFI|octet|", want: "DATA 1 512" },
  { name: "a URL", ask: "tftp://10.0.0.1/a.efi|octet|", want: "DATA 1 512" },
  { name: "an address in front", ask: "10.0.0.1/a.efi|octet|", want: "DATA 1 512" },
  {
    name: "percent signs are no escapes",
    ask: "%61.efi|octet|",
    want: "ERROR 1 no profile has %61.efi",
  },
  { name: "a way up", ask: "x/../a.efi|octet|", want: "ERROR 1 file name leaves the tree" },
  {
    name: "a way up by backslashes",
    ask: "..\\a.efi|octet|",
    want: "ERROR 1 file name leaves the tree",
  },
  { name: "a hidden file", ask: ".a.efi|octet|", want: "ERROR 1 hidden file" },
  {
    name: "no NUL behind the last value",
    ask: "a.efi|octet|blksize|600",
    want: "OACK blksize=600",
  },
  { name: "no NUL behind the mode", ask: "a.efi|octet", want: "DATA 1 512" },
  {
    name: "stale bytes behind the list",
    ask: "a.efi|octet|blksize|600||\x01\x02|",
    want: "OACK blksize=600",
  },
  { name: "only what was asked", ask: "a.efi|octet|tsize|0|", want: "OACK tsize=1000" },
  {
    name: "no size of converted text",
    ask: "a.efi|netascii|tsize|0|blksize|512|",
    want: "OACK blksize=512",
  },
  { name: "EDK2's block", ask: "a.efi|octet|blksize|1468|", want: "OACK blksize=1468" },
  {
    name: "a block the link would cut",
    ask: "a.efi|octet|blksize|65464|",
    want: "OACK blksize=1468",
  },
  { name: "a time-out as it is", ask: "a.efi|octet|timeout|255|", want: "OACK timeout=255" },
  { name: "names of options without case", ask: "a.efi|octet|BlkSize|8|", want: "OACK blksize=8" },
  { name: "EDK2's window", ask: "a.efi|octet|windowsize|4|", want: "OACK windowsize=4" },
  {
    name: "unknown options ignored",
    ask: "a.efi|octet|multicast||rollover|1|utimeout|9|",
    want: "DATA 1 512",
  },
];

describe("a request", () => {
  it.each(requests)("$name", async ({ ask, want }) => {
    expect(await talk(rrq(ask), [])).toEqual([want]);
  });

  it("to write is an access violation", async () => {
    const write = Buffer.from("\0\x02new\0octet\0");
    expect(await talk(write, [])).toEqual(["ERROR 2 this server is read-only"]);
  });

  it("for a missing file is told why in 100 bytes a ROM prints", () => {
    const { code, text } = refuseMissing(`no node profile: \u00e9\n${"x".repeat(300)}`);
    const packet = parsePacket(formatError(code, text));
    expect(packet).toMatchObject({ code: 1, message: expect.stringMatching(/^[\x20-\x7e]{100}$/) });
  });
});

const [plain, offered, windowed] = [
  "a.efi|octet|",
  "a.efi|octet|tsize|0|",
  "a.efi|octet|blksize|100|windowsize|4|",
];
const oack = "OACK tsize=1000";
const window = "OACK blksize=100 windowsize=4";
const of = (...blocks: number[]) =>
  blocks.map((block) => `DATA ${block} ${block === 11 ? 0 : 100}`);
const conversations: readonly { name: string; ask: string; lines: Line[]; want: string[] }[] = [
  {
    name: "an empty file",
    ask: "empty|octet|tsize|0|",
    lines: [ack(0), ack(1)],
    want: ["OACK tsize=0", "DATA 1 0", "sent acknowledged"],
  },
  {
    name: "a file that fills its blocks",
    ask: "full|octet|",
    lines: [ack(1), ack(2)],
    want: ["DATA 1 512", "DATA 2 512", "DATA 3 0"],
  },
  {
    name: "a repeated ACK (RFC 1123)",
    ask: plain,
    lines: [ack(1), ack(1), ack(1)],
    want: ["DATA 1 512", "DATA 2 488"],
  },
  { name: "an OACK answered by 1", ask: offered, lines: [ack(1)], want: [oack, "DATA 1 512"] },
  {
    name: "a repeated request: the OACK was lost",
    ask: offered,
    lines: ["repeat"],
    want: [oack, oack],
  },
  {
    name: "EDK2's probe",
    ask: offered,
    lines: [abort(8)],
    want: [oack, "probe aborted-after-option-ack"],
  },
  {
    name: "Intel's probe",
    ask: offered,
    lines: [abort(0)],
    want: [oack, "probe aborted-after-option-ack"],
  },
  {
    name: "an abort in the middle",
    ask: offered,
    lines: [ack(0), abort(0)],
    want: [oack, "DATA 1 512", "failed client-error"],
  },
  {
    name: "a lost block",
    ask: plain,
    lines: [ack(1), "silence"],
    want: ["DATA 1 512", "DATA 2 488", "DATA 2 488"],
  },
  {
    name: "a lost first block, which the client asks for again",
    ask: plain,
    lines: ["silence", "repeat"],
    want: ["DATA 1 512", "DATA 1 512"],
  },
  { name: "a lost OACK", ask: offered, lines: ["silence"], want: [oack, oack] },
  {
    name: "an ACK from inside a window",
    ask: windowed,
    lines: [ack(0), ack(2)],
    want: [window, ...of(1, 2, 3, 4), ...of(3, 4, 5, 6)],
  },
  {
    name: "a window that is not acknowledged",
    ask: windowed,
    lines: [ack(0), ack(1), "silence"],
    want: [window, ...of(1, 2, 3, 4), ...of(2, 3, 4, 5), ...of(2, 3, 4, 5)],
  },
  {
    name: "a last ACK that never comes",
    ask: "empty|octet|timeout|13|",
    lines: [ack(0), "silence", "silence"],
    want: ["OACK timeout=13", "DATA 1 0", "DATA 1 0", "sent last-ack-missing"],
  },
];

describe("a conversation with", () => {
  it.each(conversations)("$name", async ({ ask, lines, want }) => {
    expect(await talk(rrq(ask), lines)).toEqual(want);
  });
});
