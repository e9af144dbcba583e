import { expect, it } from "vitest";
import { Transfers } from "../../src/http/transfers.ts";

it("gives each transfer smaller buffers the more there are, and knows what they hold", () => {
  const transfers = new Transfers();
  const shares: number[] = [];
  using open = new DisposableStack();
  for (let at = 0; at < 2000; at += 1) {
    const share = transfers.bufferShare;
    shares.push(share);
    open.use(transfers.begin(2 * share));
  }
  expect([shares[0], shares[127], shares[1999]]).toEqual([512 << 10, 256 << 10, 64 << 10]);
  const gauges = new Map<string, () => number>();
  transfers.showOn({ gauge: (name, _help, read) => void gauges.set(name, read) });
  const told = () => [...gauges].map(([name, read]) => [name, read()]);
  const held = shares.reduce((sum, share) => sum + 2 * share, 0);
  expect(held).toBeLessThan(400 << 20);
  expect(told()).toEqual([
    ["kindling_http_transfers_open", 2000],
    ["kindling_http_buffer_bytes", held],
  ]);
  open[Symbol.dispose]();
  expect(told().map(([, value]) => value)).toEqual([0, 0]);
});
