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
  expect(transfers.usage().open).toBe(2000);
  expect(transfers.usage().bufferBytes).toBeLessThan(400 << 20);
  open[Symbol.dispose]();
  expect(transfers.usage()).toEqual({ open: 0, bufferBytes: 0 });
});
