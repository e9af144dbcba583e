import { describe, expect, it } from "vitest";
import { decideDelivery, tagFor } from "../../src/http/delivery.ts";

const modified = new Date("2026-01-02T03:04:05.678Z");
const sameSecond = "Fri, 02 Jan 2026 03:04:05 GMT";
const before = "Fri, 02 Jan 2026 03:04:04 GMT";

it.each([
  { headers: {}, want: "whole" },
  { headers: { "if-none-match": '"a"' }, want: "not-modified" },
  { headers: { "if-none-match": '"x", W/"a"' }, want: "not-modified" },
  { headers: { "if-none-match": '"x"', "if-modified-since": sameSecond }, want: "whole" },
  { headers: { "if-modified-since": sameSecond }, want: "not-modified" },
  { headers: { "if-modified-since": before }, want: "whole" },
  { headers: { "if-modified-since": "2026-01-03" }, want: "whole" },
  { headers: { "if-match": '"x", "a"' }, want: "whole" },
  { headers: { "if-match": 'W/"a"' }, want: "precondition-failed" },
  { headers: { "if-match": "*", "if-unmodified-since": before }, want: "whole" },
  { headers: { "if-unmodified-since": before }, want: "precondition-failed" },
  { headers: { range: "bytes=1-2", "if-range": '"a"' }, want: "part" },
  { headers: { range: "bytes=1-2", "if-range": 'W/"a"' }, want: "whole" },
  { headers: { range: "bytes=1-2", "if-range": sameSecond }, want: "part" },
  { headers: { range: "bytes=1-2", "if-range": before }, want: "whole" },
  { headers: { range: "x", "if-none-match": '"a"' }, want: "not-modified" },
])("$headers is $want", ({ headers, want }) => {
  expect(decideDelivery(headers, 10, { etag: '"a"', modified }).kind).toBe(want);
});

describe("a content of two names", () => {
  const digest = '"sha256"';
  const both = { etag: digest, aliases: ['"stamp"'], modified: new Date(0) };
  const rows = [
    { headers: {}, tag: digest, kind: "whole" },
    { headers: { range: "bytes=5-", "if-range": '"stamp"' }, tag: '"stamp"', kind: "part" },
    { headers: { range: "bytes=5-", "if-range": digest }, tag: digest, kind: "part" },
    { headers: { range: "bytes=5-", "if-range": '"other"' }, tag: digest, kind: "whole" },
    { headers: { "if-match": '"stamp"' }, tag: '"stamp"', kind: "whole" },
    { headers: { "if-match": '"other"' }, tag: digest, kind: "precondition-failed" },
    { headers: { "if-none-match": 'W/"stamp"' }, tag: digest, kind: "not-modified" },
  ];
  it.each(rows)("goes on under the name that $headers holds", ({ headers, tag, kind }) => {
    expect(decideDelivery(headers, 10, both).kind).toBe(kind);
    expect(tagFor(headers, both)).toBe(tag);
  });
});
