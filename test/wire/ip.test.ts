import { expect, it } from "vitest";
import { formatIp, formatUrlHost, isIpv6, parseIp } from "../../src/wire/ip.ts";

it.each([
  ["10.77.0.1", false, "10.77.0.1"],
  ["fd77::1", true, "[fd77::1]"],
])("%s is told apart, printed and put into a URL", (text, six, host) => {
  const address = parseIp(text);
  expect([isIpv6(address), formatIp(address), formatUrlHost(address)]).toEqual([six, text, host]);
});
