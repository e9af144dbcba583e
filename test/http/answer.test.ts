import { expect, it } from "vitest";
import { type Answer, deliverAnswer } from "../../src/http/answer.ts";

const body = Buffer.from("0123456789");
const text: Answer = { kind: "found", body, ranges: true };
const whole = { status: 200, text: "0123456789" };

it.each([
  { name: "the whole", answer: text, headers: {}, want: whole },
  {
    name: "a part",
    answer: text,
    headers: { range: "bytes=2-4" },
    want: { status: 206, text: "234", range: "bytes 2-4/10" },
  },
  {
    name: "no part past the end",
    answer: text,
    headers: { range: "bytes=10-" },
    want: { status: 416, text: "invalid range: failed to overlap\n", range: "bytes */10" },
  },
  {
    name: "no part that nobody understands",
    answer: text,
    headers: { range: "bytes=x" },
    want: { status: 416, text: "invalid range\n" },
  },
  {
    name: "the whole for several parts",
    answer: text,
    headers: { range: "bytes=0-1,3-4" },
    want: whole,
  },
  {
    name: "the whole where a condition cannot hold",
    answer: text,
    headers: { range: "bytes=2-4", "if-range": "Fri, 02 Jan 2026 03:04:05 GMT" },
    want: whole,
  },
  {
    name: "the whole of what has no parts",
    answer: { kind: "found", body } as const,
    headers: { range: "bytes=2-4" },
    want: whole,
  },
  {
    name: "one text for all that is missing",
    answer: { kind: "missing" } as const,
    headers: { range: "bytes=2-4" },
    want: { status: 404, text: "404 page not found\n" },
  },
  {
    name: "the reason of what is unusable",
    answer: { kind: "unusable", reason: "why" } as const,
    headers: {},
    want: { status: 500, text: "why\n" },
  },
])("delivers $name", ({ answer, headers, want }) => {
  const got = deliverAnswer(answer, headers);
  const range = got.headers["content-range"];
  expect({ status: got.status, text: got.body.toString(), ...(range && { range }) }).toEqual(want);
});

it("offers parts only of what has them", () => {
  expect(deliverAnswer(text, {}).headers["accept-ranges"]).toBe("bytes");
  expect(deliverAnswer({ kind: "found", body }, {}).headers).toEqual({
    "content-type": "text/plain; charset=utf-8",
  });
});
