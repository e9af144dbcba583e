import { expect, it } from "vitest";
import { parsePerfdhcp } from "./perfdhcp.ts";

const half = (name: string, received: number, drops: number) => `***Statistics for: ${name}***
sent packets: ${received + drops}
received packets: ${received}
drops: ${drops}
drops ratio: 1.5 %
`;
const times = (name: string, pairs: readonly string[]) =>
  [
    `***Timestamps for packets: ${name}***`,
    ...pairs.map((it) => `sent / received: ${it}`),
    "",
  ].join("\n");

it("reads what was answered, what was lost, and the time of both halves together", () => {
  const report = [
    "Running: perfdhcp\n***Rate statistics***\nRate: 24.4774 4-way exchanges/second\n",
    half("DISCOVER-OFFER", 3, 1),
    half("REQUEST-ACK", 2, 1),
    times("DISCOVER-OFFER", ["000000.000000 / 000000.001000", "000001.000000 / 000001.002000"]),
    times("REQUEST-ACK", ["000000.100000 / 000000.103000", "000001.100000 / 000001.104000"]),
  ].join("");
  const { exchanges, lost, p50, p99 } = parsePerfdhcp(report);
  expect({ exchanges, lost }).toEqual({ exchanges: 2, lost: 2 });
  expect(p50).toBeCloseTo(5);
  expect(p99).toBeCloseTo(5.98);
});
