import { describe, expect, it } from "vitest";
import {
  type AnswerHeaders,
  type Asked,
  decideAnswer,
  headersFor,
} from "../../../src/assets/image/exchange.ts";

const whole: Asked = { kind: "whole" };
const rest: Asked = { kind: "rest", from: 100, validator: '"a"' };
const ifChanged: Asked = { kind: "if-changed", etag: '"a"' };
const url = "https://a.example/x/file";

type Row = {
  readonly name: string;
  readonly asked?: Asked;
  readonly url?: string;
  readonly status: number;
  readonly headers?: AnswerHeaders;
  readonly want: object;
};

const part = (range: string) => ({ "content-range": range });
const rows: readonly Row[] = [
  {
    ...{ name: "200 with a length and an ETag", status: 200 },
    headers: { "content-length": "5", etag: '"e"', "last-modified": "then" },
    want: { kind: "body", from: 0, total: 5, validator: '"e"' },
  },
  { name: "200 that tells nothing", status: 200, want: { kind: "body", from: 0 } },
  {
    ...{ name: "200 with a weak ETag counts by its date", status: 200 },
    headers: { etag: 'W/"e"', "last-modified": "then" },
    want: { kind: "body", from: 0, validator: "then" },
  },
  {
    ...{ name: "200 to a request for the rest begins anew", asked: rest, status: 200 },
    headers: { "content-length": "500" },
    want: { kind: "body", from: 0, total: 500 },
  },
  {
    ...{ name: "200 of compressed bytes", status: 200, headers: { "content-encoding": "gzip" } },
    want: { kind: "refused", reason: "answered with content-encoding gzip" },
  },
  {
    ...{ name: "200 of a length that is none", status: 200, headers: { "content-length": "5x" } },
    want: { kind: "body", from: 0 },
  },
  {
    ...{ name: "206 of the rest", asked: rest, status: 206 },
    headers: { ...part("bytes 100-499/500"), "content-length": "400", etag: '"a"' },
    want: { kind: "body", from: 100, total: 500, validator: '"a"' },
  },
  {
    ...{ name: "206 without a whole length", asked: rest, status: 206 },
    headers: { ...part("bytes 100-499/*"), "content-length": "400" },
    want: { kind: "body", from: 100, total: 500 },
  },
  {
    ...{ name: "206 of another place", asked: rest, status: 206 },
    headers: part("bytes 0-499/500"),
    want: { kind: "restart", reason: "sent bytes from 0, want 100" },
  },
  {
    ...{ name: "206 that nobody asked for", status: 206, headers: part("bytes 0-4/5") },
    want: { kind: "refused" },
  },
  { name: "206 of several parts", asked: rest, status: 206, want: { kind: "refused" } },
  { name: "304", asked: ifChanged, status: 304, want: { kind: "unchanged" } },
  { name: "304 that nobody asked for", status: 304, want: { kind: "refused" } },
  {
    ...{ name: "200 of a changed document", asked: ifChanged, status: 200 },
    headers: { etag: 'W/"b"' },
    want: { kind: "body", from: 0, validator: 'W/"b"' },
  },
  {
    ...{ name: "416 where all is here", asked: rest, status: 416 },
    headers: part("bytes */100"),
    want: { kind: "complete" },
  },
  {
    ...{ name: "416 where more is here than there is", asked: rest, status: 416 },
    headers: part("bytes */50"),
    want: { kind: "restart", reason: "has 50 bytes, and 100 are here" },
  },
  { name: "416 without a length", asked: rest, status: 416, want: { kind: "restart" } },
  { name: "416 that nobody asked for", status: 416, want: { kind: "refused" } },
  {
    ...{ name: "302 to a path", status: 302, headers: { location: "../y" } },
    want: { kind: "redirect", url: "https://a.example/y" },
  },
  {
    ...{ name: "307 to another host", status: 307, headers: { location: "https://b.example/" } },
    want: { kind: "redirect", url: "https://b.example/" },
  },
  {
    ...{ name: "301 from https to http", status: 301, headers: { location: "http://a.example/" } },
    want: { kind: "refused", reason: "redirects from https to http://a.example/" },
  },
  {
    ...{ name: "301 from http to https", url: "http://a.example/", status: 301 },
    headers: { location: "https://a.example/" },
    want: { kind: "redirect", url: "https://a.example/" },
  },
  {
    ...{ name: "301 to a file", status: 301, headers: { location: "file:///etc/passwd" } },
    want: { kind: "refused", reason: "redirects to file:///etc/passwd" },
  },
  { name: "302 to nowhere", status: 302, want: { kind: "refused" } },
  { name: "300", status: 300, want: { kind: "refused" } },
  { name: "404", status: 404, want: { kind: "refused", reason: "answered 404" } },
  { name: "403", status: 403, want: { kind: "refused" } },
  { name: "500", status: 500, want: { kind: "later", reason: "answered 500" } },
  {
    ...{ name: "503 with a pause", status: 503, headers: { "retry-after": "7" } },
    want: { kind: "later", waitMs: 7000 },
  },
  {
    ...{ name: "429 with a long pause", status: 429, headers: { "retry-after": "3600" } },
    want: { kind: "refused", reason: "answered 429, for 3600 s" },
  },
  {
    ...{ name: "503 with a pause in words", status: 503, headers: { "retry-after": "Mon, 1" } },
    want: { kind: "later" },
  },
];

describe("decideAnswer", () => {
  it.each(rows)("$name", ({ asked = whole, url: from = url, status, headers = {}, want }) => {
    expect(decideAnswer(from, asked, { status, headers })).toMatchObject(want);
  });
});

describe("headersFor", () => {
  const identity = { "accept-encoding": "identity" };
  it.each([
    { asked: whole, want: identity },
    { asked: rest, want: { ...identity, range: "bytes=100-", "if-range": '"a"' } },
    { asked: { kind: "rest", from: 1 } as const, want: { ...identity, range: "bytes=1-" } },
    { asked: ifChanged, want: { ...identity, "if-none-match": '"a"' } },
  ])("$asked", ({ asked, want }) => {
    expect(headersFor(asked)).toEqual(want);
  });
});
