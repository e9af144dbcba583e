import { describe, expect, it } from "vitest";
import {
  formatRecordBook,
  parseRecordBook,
  parseRecordWish,
  withKeptRecords,
} from "../../src/dns/kept-records.ts";
import {
  type DnsSettings,
  defaultRateLimit,
  defaultTtl,
  parseDnsSettings,
} from "../../src/dns/settings.ts";

const api = { name: "demo-k8s.kindling.lan", type: "A", value: "10.77.0.21" } as const;
const settings: DnsSettings = {
  ...{ domain: "kindling.lan", provisioner: "provisioner" },
  controller: { name: "controller", targets: [] },
  console: { name: "tectonic", targets: [] },
  records: [{ name: "mail", type: "A", value: "10.77.0.5" }],
  zones: [{ domain: "lab.example", records: [{ name: "a", type: "A", value: "10.77.0.6" }] }],
  ...{ ttl: defaultTtl, secondaries: [], rateLimit: defaultRateLimit },
};
const kept = (domain: string, ...records: object[]) =>
  parseRecordWish(JSON.stringify({ domain, records }));
const namesOf = (given: DnsSettings) => {
  const { records, zones } = parseDnsSettings(given);
  const rows = [{ domain: "", records }, ...zones];
  return rows.map((zone) => `${zone.domain}: ${zone.records.map(({ name }) => name).join(" ")}`);
};

describe("withKeptRecords", () => {
  const rows = [
    {
      name: "in our zone",
      wish: kept("kindling.lan", api),
      want: [": mail.kindling.lan demo-k8s.kindling.lan", "lab.example: a.lab.example"],
    },
    {
      name: "below our zone",
      wish: kept("k8s.kindling.lan", { ...api, name: "demo.k8s.kindling.lan" }),
      want: [": mail.kindling.lan demo.k8s.kindling.lan", "lab.example: a.lab.example"],
    },
    {
      name: "in another zone of ours",
      wish: kept("lab.example", { ...api, name: "demo.lab.example" }),
      want: [": mail.kindling.lan", "lab.example: a.lab.example demo.lab.example"],
    },
    {
      name: "in a zone of their own",
      wish: kept("k8s.example", { ...api, name: "demo.k8s.example." }),
      want: [": mail.kindling.lan", "lab.example: a.lab.example", "k8s.example: demo.k8s.example"],
    },
  ];
  it.each(rows)("puts records $name", ({ wish, want }) => {
    expect(namesOf(withKeptRecords(settings, new Map([["demo", wish]])))).toEqual(want);
  });

  it("leaves the settings alone without any", () => {
    expect(withKeptRecords(settings, new Map())).toEqual(settings);
  });
});

it.each([
  { name: "no JSON", body: "{", want: /text: want JSON/ },
  { name: "no domain", body: "{}", want: "domain: want a domain name, got nothing" },
  { name: "no records", body: '{"domain":"a.b"}', want: /records: want a list/ },
  { name: "a name elsewhere", odd: { name: "x.other" }, want: /name: want a name in kindling.lan/ },
  { name: "an unknown type", odd: { type: "PTR" }, want: /type: want A, AAAA/ },
  { name: "no value", odd: { value: 1 }, want: "value: want text, got 1" },
  { name: "a ttl that is none", odd: { ttl: -1 }, want: "ttl: want seconds, got -1" },
])("refuses $name", ({ body, odd, want }) => {
  const record = { ...api, ...odd };
  const text = body ?? JSON.stringify({ domain: "kindling.lan", records: [record] });
  expect(() => parseRecordWish(text)).toThrow(want);
});

it("reads what it writes, and no other format", () => {
  const book = new Map([["demo", kept("kindling.lan", { ...api, ttl: 30 })]]);
  expect(parseRecordBook(formatRecordBook(book))).toEqual(book);
  expect(() => parseRecordBook('{"format":2}')).toThrow("format: want 1, got 2");
});
