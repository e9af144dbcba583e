import { expect, it } from "vitest";
import { templateVariables } from "../../src/render/variables.ts";

it("puts selectors over metadata and the request over both", () => {
  const group = {
    file: "g",
    id: "g",
    name: "",
    profile: "p",
    selector: { MAC: "m", os: "installed" },
    metadata: { os: "other", mac: "x", request: "mine", kept: 1 },
  };
  expect(templateVariables({ group }, { labels: { os: "q" }, rawQuery: "os=q" })).toEqual({
    os: "installed",
    mac: "m",
    kept: 1,
    request: { query: { os: "q" }, raw_query: "os=q" },
  });
});

it("puts the profile's metadata below the group's, and the server below both", () => {
  const base = { file: "f", id: "i", name: "", profile: "p", selector: {} };
  const group = { ...base, metadata: { b: "group" } };
  const ids = { ignitionId: "", cloudId: "", genericId: "" };
  const profile = { ...base, ...ids, metadata: { a: "profile", b: "profile" } };
  const sources = { group, profile, serverUrl: "http://10.0.0.1:8080" };
  expect(templateVariables(sources, { labels: {}, rawQuery: "" })).toMatchObject({
    a: "profile",
    b: "group",
    server: { url: "http://10.0.0.1:8080" },
  });
  const own = { ...sources, group: { ...base, metadata: { server: "mine" } } };
  expect(templateVariables(own, { labels: {}, rawQuery: "" })).toMatchObject({ server: "mine" });
});
