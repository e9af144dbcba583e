import { expect, it } from "vitest";
import { urlScheme, urlTrouble } from "../../../src/render/ignition-rules/url.ts";

it.each([
  "http://192.0.2.1:8080/a?b=c&d",
  "https://[2001:db8::1]:443/a",
  "HTTPS://example.com",
  "tftp://host/file",
  "s3://bucket/key?versionId=1",
  "gs://bucket/key",
  "arn:aws:s3:us-east-1:123456789012:accesspoint/x/object/y",
  "arn:aws:s3:::bucket/key",
  "data:,",
  "data:text/plain;charset=utf-8,a%20b",
  "data:;base64,YWI=",
])("takes %s", (url) => {
  expect(urlTrouble(url, 5)).toBeUndefined();
});

it.each([
  { url: "ftp://x", want: "got ftp" },
  { url: "x/y", want: "got no scheme" },
  { url: "constructor:x", want: "got constructor" },
  { url: ":x", want: "want a URL" },
  { url: "http://a b/", want: "want a URL" },
  { url: "http://a/%zz", want: "want a URL" },
  { url: "http://a/\n", want: "want a URL" },
  { url: "http://a:port/", want: "want a URL" },
  { url: "data:x", want: "no comma" },
  { url: "data:;base64,abc", want: "base64" },
  { url: "data:,%4", want: "two hex digits" },
  { url: "data:,a b", want: "%20" },
  { url: "arn:aws:iam::1:role/x", want: "arn:partition:s3" },
  { url: "s3://b/k?versionId=", want: "versionId" },
])("refuses $url", ({ url, want }) => {
  expect(urlTrouble(url, 5)).toContain(want);
});

it.each([
  { url: "gs://b/k", since: 2 },
  { url: "arn:aws:s3:::b/k", since: 4 },
])("takes $url from 3.$since on", ({ url, since }) => {
  expect(urlTrouble(url, since)).toBeUndefined();
  expect(urlTrouble(url, since - 1)).toBeDefined();
});

it("tells no scheme from no URL", () => {
  expect([urlScheme("a/b"), urlScheme("a:b"), urlScheme("1:b")]).toEqual(["", "a", undefined]);
});
