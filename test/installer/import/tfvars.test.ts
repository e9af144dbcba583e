import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatDraft } from "../../../src/installer/import/draft.ts";
import { importTfvars } from "../../../src/installer/import/tfvars.ts";
import { addToIpv4, formatIpv4, parseIpv4 } from "../../../src/wire/ipv4.ts";
import { readCluster } from "../../support/cluster.ts";

const folder = join(import.meta.dirname, "cases");
const read = (name: string) => readFileSync(join(folder, `${name}.tfvars`), "utf8");

function from(first: string) {
  let next = parseIpv4(first);
  return () => {
    const given = formatIpv4(next);
    next = addToIpv4(next, 1);
    return given;
  };
}

describe.each(["metal", "external"])("%s.tfvars", (name) => {
  it("becomes the description of its golden file", async () => {
    const draft = importTfvars(read(name), from("10.77.0.11"));
    await expect(formatDraft(draft)).toMatchFileSnapshot(join(folder, `${name}.yaml`));
  });

  it("asks for addresses where none are given", () => {
    const text = formatDraft(importTfvars(read(name), () => undefined));
    expect(text).toContain('address: ""');
    expect(text).toContain("# Give each machine an address");
  });
});

describe("importTfvars", () => {
  it("makes a description that can be read", () => {
    const text = formatDraft(importTfvars(read("metal"), from("10.77.0.11")));
    const cluster = readCluster(text.replace("pull_secret.json", "pull.key"));
    expect(cluster).toMatchObject({
      name: "prod",
      domain: "example.com",
      apiName: "api.prod.example.com",
      consoleName: "prod.example.com",
      administrator: { email: "anna@example.com" },
    });
    expect(cluster.nodes.map(({ name }) => name).join()).toBe("node1,node2,node3,node4,node5");
    expect(cluster.authority?.key).toMatch(/^-----BEGIN RSA PRIVATE KEY-----\nMIIC\n-----END/);
  });

  it("repeats no password", () => {
    expect(formatDraft(importTfvars(read("metal"), () => undefined))).not.toContain("hunter2");
  });

  it("refuses lists that do not fit each other", () => {
    const text = read("metal").replace('"5254.00a1.9cb0"', "");
    expect(() => importTfvars(text, () => undefined)).toThrow(
      "want as many of each for controllers, got 3 names, 3 domains and 2 MAC addresses",
    );
  });
});
