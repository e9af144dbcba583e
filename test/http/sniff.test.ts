import { expect, it } from "vitest";
import { sniffType } from "../../src/http/sniff.ts";

const plain = "text/plain; charset=utf-8";
const html = "text/html; charset=utf-8";

it.each([
  { name: "nothing", body: "", type: plain },
  { name: "a script", body: "#!ipxe\nboot\n", type: plain },
  { name: "JSON", body: '{"a": 1}', type: plain },
  { name: "UTF-8", body: "grün", type: plain },
  { name: "an escape of terminals", body: "\u001b[1m", type: plain },
  { name: "HTML behind blanks", body: "\n\t <!DOCTYPE HTML>", type: html },
  { name: "an html element", body: "<html lang=a>", type: html },
  { name: "a name that only begins like one", body: "<htmlx>", type: plain },
  { name: "a tag that the text ends in", body: "<p", type: plain },
  { name: "XML", body: ' <?xml version="1.0"?>', type: "text/xml; charset=utf-8" },
  { name: "a control byte", body: "a\u0001b", type: "application/octet-stream" },
  { name: "a control byte past the 512th", body: `${"a".repeat(512)}\u0001`, type: plain },
  { name: "gzip", body: Buffer.from([0x1f, 0x8b, 8, 0]), type: "application/x-gzip" },
  { name: "UTF-16", body: Buffer.from([0xff, 0xfe, 65, 0]), type: "text/plain; charset=utf-16le" },
])("takes $name for $type", ({ body, type }) => {
  expect(sniffType(Buffer.from(body as string))).toBe(type);
});
