import { expect, it } from "vitest";
import { parseDebName } from "../../../src/lab/live/packages.ts";

it.each([
  ["curl_7.88.1-10+deb12u15_amd64.deb", { name: "curl", version: "7.88.1-10+deb12u15" }],
  ["login_1%3a4.13+dfsg1-1_amd64.deb", { name: "login", version: "1:4.13+dfsg1-1" }],
])("reads %s", (file, want) => {
  expect(parseDebName(file)).toEqual(want);
});
