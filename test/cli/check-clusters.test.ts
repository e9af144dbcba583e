import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkClusters } from "../../src/cli/check-clusters.ts";
import { makeSecrets } from "../../src/installer/make-secrets.ts";
import { formatSecretsFile } from "../../src/installer/secrets-file.ts";
import { clusterOf, goodSite } from "../support/cluster.ts";

const { now } = goodSite;
const inDays = (days: number) => now + days * 86_400_000;
let state = "";
beforeAll(async () => {
  state = mkdtempSync(join(tmpdir(), "kindling-clusters-"));
  mkdirSync(join(state, "clusters/demo"), { recursive: true });
  mkdirSync(join(state, "clusters/empty"), { recursive: true });
  const secrets = await makeSecrets(clusterOf("smallest"), now);
  writeFileSync(join(state, "clusters/demo/secrets.json"), formatSecretsFile(secrets));
});
afterAll(() => rmSync(state, { recursive: true }));

describe("checkClusters", () => {
  it.each([
    { days: 0, messages: 0, exit: 0 },
    { days: 300, messages: 3, exit: 0 },
    { days: 366, messages: 3, exit: 78 },
  ])("after $days days tells $messages, and ends with $exit", async ({ days, messages, exit }) => {
    const found = await checkClusters(state, inDays(days));
    expect(found).toHaveLength(messages);
    expect(Math.max(0, ...found.map((finding) => finding.exit))).toBe(exit);
  });

  it("tells of a file that cannot be read, and nothing of a host without clusters", async () => {
    expect(await checkClusters(join(state, "elsewhere"), now)).toEqual([]);
    writeFileSync(join(state, "clusters/empty/secrets.json"), "{");
    const [finding] = await checkClusters(state, now);
    expect(finding).toMatchObject({ exit: 78, message: expect.stringContaining("want JSON") });
  });
});
