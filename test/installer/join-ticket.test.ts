import { describe, expect, it } from "vitest";
import { formatTickets, parseTickets, parseTicketWishes } from "../../src/installer/join-ticket.ts";

const row = {
  ...{ token: "ab".repeat(32), cluster: "demo", node: "node1.demo.lan" },
  ...{ macs: ["52:54:00:77:00:10"], address: "10.77.0.21", expires: 5 },
  files: [{ path: "/etc/kubernetes/pki/ca.crt", mode: 0o600, text: "pem" }],
};
const wish = (odd: object) => JSON.stringify({ tickets: [{ ...row, ...odd }] });
const file = (odd: object) => wish({ files: [{ ...row.files[0], ...odd }] });

describe("parseTicketWishes", () => {
  it("reads what an operator's tool sends", () => {
    const { token, macs, files } = row;
    expect(parseTicketWishes(wish({}))).toMatchObject([{ token, ticket: { macs, files } }]);
    expect(parseTicketWishes('{"tickets":[]}')).toEqual([]);
  });

  it.each([
    { name: "no JSON", body: '{"secret', want: 'text: want JSON, got "something else"' },
    { name: "no list", body: "{}", want: "tickets: want a list of 8192 at most, got nothing" },
    {
      name: "the token itself",
      body: wish({ token: "s3cret" }),
      want: 'token: want its SHA-256 in hexadecimal, got "a text"',
    },
    { name: "no node", body: wish({ node: "a/b" }), want: 'node: want a DNS name, got "a/b"' },
    {
      name: "no end",
      body: wish({ expires: "5" }),
      want: 'expires: want milliseconds since the epoch, got "5"',
    },
    { name: "a MAC that is none", body: wish({ macs: ["x"] }), want: /want a MAC address/ },
    { name: "an address that is none", body: wish({ address: "10.77" }), want: /10\.77/ },
    {
      name: "a file that leaves",
      body: file({ path: "/etc/../root" }),
      want: /path: want an absolute path/,
    },
    { name: "a relative file", body: file({ path: "etc/x" }), want: /path: want an absolute path/ },
    {
      name: "a file of another's rights",
      body: file({ mode: 0o4755 }),
      want: /mode: want 0 to 511/,
    },
    { name: "a file without text", body: file({ text: 1 }), want: "text: want text, got 1" },
    {
      name: "too many files",
      body: wish({ files: Array(65).fill(row.files[0]) }),
      want: /files: want a list of 64/,
    },
    {
      name: "too much of a file",
      body: file({ text: "x".repeat(1 << 21) }),
      want: /files: want 1048576 characters/,
    },
  ])("refuses $name", ({ body, want }) => {
    expect(() => parseTicketWishes(body)).toThrow(want);
  });
});

it("reads what it writes, and no other format", () => {
  const tickets = new Map(
    parseTicketWishes(wish({ usedAt: 3 })).map((one) => [one.token, one.ticket]),
  );
  expect(parseTickets(formatTickets(tickets))).toEqual(tickets);
  expect(() => parseTickets('{"format":2,"tickets":[]}')).toThrow("format: want 1, got 2");
});
