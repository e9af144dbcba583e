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
  expect(templateVariables(group, { labels: { os: "q" }, rawQuery: "os=q" })).toEqual({
    os: "installed",
    mac: "m",
    kept: 1,
    request: { query: { os: "q" }, raw_query: "os=q" },
  });
});
