import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fillClusterPage } from "../../scripts/docs-cluster.ts";
import { clusterSchema } from "../../src/installer/cluster-schema.ts";
import { readCluster } from "../support/cluster.ts";

const page = readFileSync(new URL("../../docs/cluster.md", import.meta.url), "utf8");

describe("docs/cluster.md", () => {
  it("has the tables that npm run docs writes", () => {
    expect(fillClusterPage(page)).toBe(page);
  });

  it("shows a description that is valid", () => {
    const [, text = ""] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    expect(readCluster(text.replace("config.json", "config.key")).nodes).toHaveLength(5);
  });

  it("tells every key of a description", () => {
    const told = page.slice(0, page.indexOf("### Imports"));
    const keys = Object.keys(clusterSchema(() => undefined).shape);
    expect(keys.filter((key) => !new RegExp(`\\| .*\`${key}[\`.]`).test(told))).toEqual([]);
  });
});
