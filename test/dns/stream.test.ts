import fc from "fast-check";
import { expect, it } from "vitest";
import { queryLimit } from "../../src/dns/message.ts";
import { frameAnswer, QueryFrames } from "../../src/dns/stream.ts";
import { WireError } from "../../src/errors.ts";

it("finds the same messages however the stream was cut", () => {
  const message = fc.uint8Array({ maxLength: 40 });
  const cuts = fc.array(fc.nat(300), { maxLength: 12 });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 8 }), cuts, (messages, places) => {
      const stream = Buffer.concat(messages.map(frameAnswer));
      const edges = [0, ...places.sort((a, b) => a - b), stream.length];
      const frames = new QueryFrames();
      const found: Uint8Array[] = [];
      edges.forEach((edge, at) => {
        frames.push(stream.subarray(edge, edges[at + 1]));
        for (let it = frames.next(); it !== undefined; it = frames.next()) found.push(it);
      });
      expect(found.map((it) => [...it])).toEqual(messages.map((it) => [...it]));
    }),
  );
});

it("refuses a length it would have to hoard for, before the bytes are there", () => {
  const frames = new QueryFrames();
  frames.push(Uint8Array.of((queryLimit + 1) >> 8, (queryLimit + 1) & 255));
  expect(() => frames.next()).toThrow(WireError);
});
