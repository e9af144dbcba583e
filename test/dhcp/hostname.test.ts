import fc from "fast-check";
import { expect, it } from "vitest";
import { readHostnameWish, sanitizeHostname } from "../../src/dhcp/hostname.ts";
import { OptionCode } from "../../src/dhcp/options.ts";
import { messageOf } from "../support/dhcp-message.ts";

it.each([
  { sent: "Node-1", want: "node-1" },
  { sent: "Ann's Laptop!", want: "ann-s-laptop" },
  { sent: "node.lab.test", want: "node" },
  { sent: "node\0junk", want: "node" },
  { sent: "_srv_", want: "srv" },
  { sent: "-", want: undefined },
  { sent: "", want: undefined },
  { sent: "x".repeat(70), want: "x".repeat(63) },
])("makes $want of $sent", ({ sent, want }) => {
  expect(sanitizeHostname(sent)).toBe(want);
});

it("makes a label of RFC 1123 out of anything, or nothing", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (sent) => {
      const name = sanitizeHostname(sent);
      if (name !== undefined) expect(name).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
    }),
  );
});

it("prefers option 81 to 12, and hears that nothing is to be written", () => {
  const wish = (flags: number) =>
    readHostnameWish(
      messageOf({
        options: [
          [OptionCode.hostName, "twelve"],
          [OptionCode.fqdn, Buffer.concat([Buffer.of(flags, 0, 0), Buffer.from("full.lab")])],
        ],
      }),
    );
  expect(wish(0)).toEqual({ kind: "name", name: "full" });
  expect(wish(8)).toEqual({ kind: "no-record" });
  expect(readHostnameWish(messageOf({}))).toEqual({ kind: "none" });
});
