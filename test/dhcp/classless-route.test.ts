import { describe, expect, it } from "vitest";
import { formatRoutes, parseRoute, withDefaultRoute } from "../../src/dhcp/classless-route.ts";

const hex = (...routes: string[]) =>
  Buffer.from(formatRoutes(routes.map(parseRoute))).toString("hex");

// The descriptors of RFC 3442's table, each with the router 10.0.0.1.
describe.each([
  { to: "0.0.0.0/0", want: "00" },
  { to: "10.0.0.0/8", want: "080a" },
  { to: "10.0.0.0/24", want: "180a0000" },
  { to: "10.17.0.0/16", want: "100a11" },
  { to: "10.27.129.0/24", want: "180a1b81" },
  { to: "10.229.0.128/25", want: "190ae50080" },
  { to: "10.198.122.47/32", want: "200ac67a2f" },
])("RFC 3442: $to", ({ to, want }) => {
  it(`is ${want}`, () => expect(hex(`${to} via 10.0.0.1`)).toBe(`${want}0a000001`));
});

it("names the default route, and a net on the link by the router 0.0.0.0", () => {
  expect(hex("default via 10.0.0.1")).toBe("000a000001");
  expect(hex("10.1.0.0/16 on-link")).toBe("100a0100000000");
});

it("adds the subnet's router for clients that will not look at option 3", () => {
  const router = Buffer.of(10, 0, 0, 1, 10, 0, 0, 2);
  const routes = formatRoutes([parseRoute("10.0.0.0/8 via 10.0.0.9")]);
  expect(Buffer.from(withDefaultRoute(routes, router)).toString("hex")).toBe(
    "080a0a000009000a000001",
  );
  const whole = formatRoutes(["10.0.0.0/8 via 10.0.0.9", "default via 10.0.0.7"].map(parseRoute));
  expect(withDefaultRoute(whole, router)).toBe(whole);
  expect(withDefaultRoute(routes, undefined)).toBe(routes);
});
