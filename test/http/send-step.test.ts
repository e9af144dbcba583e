import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Cargo,
  decideCarriage,
  decideStep,
  type SendState,
  sliceBytes,
} from "../../src/http/send-step.ts";

const mebibyte = 1 << 20;

describe("bytes", () => {
  const rows: readonly (Cargo & { readonly want: string })[] = [
    { source: "memory", bytes: 1, fits: true, want: "at-once" },
    { source: "memory", bytes: mebibyte, fits: true, want: "at-once" },
    { source: "memory", bytes: mebibyte + 1, fits: true, want: "buffers" },
    { source: "file", bytes: 1, fits: true, want: "buffers" },
    { source: "file", bytes: 256 * 1024 - 1, fits: true, want: "buffers" },
    { source: "file", bytes: 256 * 1024, fits: true, want: "kernel" },
    { source: "file", bytes: 2 ** 33, fits: true, want: "kernel" },
    { source: "file", bytes: 2 ** 33, fits: false, want: "buffers" },
    { source: "arriving", bytes: 2 ** 33, fits: true, want: "buffers" },
  ];
  it.each(rows)("of $source, $bytes, by a socket that fits: $fits, go $want", (row) => {
    expect(decideCarriage(row)).toBe(row.want);
  });
});

describe("a transfer", () => {
  const [slice, share] = [sliceBytes, mebibyte];
  const rows: readonly (SendState & { name: string; kind: string; bytes: number })[] = [
    {
      name: "begins with a slice behind the head",
      at: 0,
      end: share,
      isFull: true,
      kind: "slice",
      bytes: slice,
    },
    {
      name: "goes on by the kernel",
      at: slice,
      end: 3 * share,
      isFull: false,
      kind: "kernel",
      bytes: share,
    },
    {
      name: "asks Node when the socket is full",
      at: share,
      end: 3 * share,
      isFull: true,
      kind: "slice",
      bytes: slice,
    },
    {
      name: "leaves a last slice",
      at: share,
      end: 2 * share,
      isFull: false,
      kind: "kernel",
      bytes: share - slice,
    },
    {
      name: "ends with it",
      at: 2 * share - slice,
      end: 2 * share,
      isFull: false,
      kind: "last",
      bytes: slice,
    },
    { name: "ends with it, full or not", at: 90, end: 100, isFull: true, kind: "last", bytes: 10 },
    {
      name: "holds back at least a byte",
      at: 0,
      end: slice + 1,
      isFull: true,
      kind: "slice",
      bytes: slice,
    },
    {
      name: "counts beyond 4 GiB",
      at: 2 ** 32,
      end: 2 ** 33,
      isFull: false,
      kind: "kernel",
      bytes: share,
    },
  ];
  it.each(rows)("$name", ({ kind, bytes, ...state }) => {
    expect(decideStep(state, share)).toEqual({ kind, bytes });
  });

  it("sends each byte once and looks at the file last, whatever the socket takes", () => {
    const takes = fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true }));
    const lengths = fc.integer({ min: 1, max: 40 * mebibyte });
    const shares = fc.integer({ min: 1, max: 4 * mebibyte });
    const sendAll = (end: number, most: number, room: Iterator<number>) => {
      const kinds: string[] = [];
      let [at, isFull] = [0, true];
      while (at < end) {
        const { kind, bytes } = decideStep({ at, end, isFull }, Math.max(most, end / 500));
        expect(bytes).toBeGreaterThan(0);
        const taken = Math.floor(bytes * Math.min(1, 1.5 * room.next().value));
        at += kind === "kernel" ? taken : bytes;
        isFull = kind === "kernel" && taken < bytes;
        kinds.push(kind);
      }
      expect(at).toBe(end);
      expect(kinds.indexOf("last")).toBe(kinds.length - 1);
    };
    fc.assert(fc.property(lengths, shares, takes, sendAll));
  });
});
