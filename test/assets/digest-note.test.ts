import { describe, expect, it } from "vitest";
import {
  type DigestNote,
  decideSighting,
  type StampedState,
  stampOf,
} from "../../src/assets/digest-note.ts";

describe("a content that is fetched", () => {
  const fresh: DigestNote = { kind: "new" };
  const seen: DigestNote = { kind: "seen" };
  const waiting: DigestNote = { kind: "waiting" };
  const known: DigestNote = { kind: "known", sha256: "ab" };
  const rows = [
    { name: "is noted the first time", note: undefined, others: 0, compute: false, next: seen },
    {
      name: "is noted though it was asked for",
      note: fresh,
      others: 0,
      compute: false,
      next: seen,
    },
    { name: "is hashed the second time", note: seen, others: 0, compute: true, next: waiting },
    { name: "waits for 255 others", note: seen, others: 255, compute: true, next: waiting },
    { name: "waits for no more", note: seen, others: 256, compute: false, next: seen },
    { name: "is hashed once", note: waiting, others: 1, compute: false, next: waiting },
    { name: "stays known", note: known, others: 0, compute: false, next: known },
  ];
  it.each(rows)("$name", ({ note, others, compute, next }) => {
    expect(decideSighting(note, others)).toEqual({ compute, note: next });
  });
});

it("has another stamp for any difference of its state", () => {
  const state: StampedState = { dev: 1n, ino: 11n, size: 1n, mtimeNs: 1n, ctimeNs: 1n };
  // proven: these are the state's own names
  const names = Object.keys(state) as (keyof StampedState)[];
  const others = names.map((name) => stampOf({ ...state, [name]: 36n }));
  expect(new Set([stampOf(state), ...others]).size).toBe(6);
  expect(stampOf({ ...state })).toBe(stampOf(state));
});
