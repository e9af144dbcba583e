import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { keepScript } from "../../src/cli/cluster-script.ts";
import { clusterOf } from "../support/cluster.ts";

async function openAssets() {
  const assets = await mkdtemp(join(tmpdir(), "kindling-script-"));
  onTestFinished(() => rm(assets, { recursive: true }));
  let said = "";
  const error = {
    ...{ isTerminal: false, columns: 80 },
    write: (text: string | Uint8Array) => {
      said += String(text);
    },
  };
  const path = join(assets, "installer/install.sh");
  return { assets, path, error, said: () => said };
}
const own = () => readFile(join(import.meta.dirname, "../../images/installer/install.sh"), "utf8");
const staged = clusterOf("smallest");

describe("the installer's script among the assets", () => {
  it("is put there once, and stays", async () => {
    const { assets, path, error, said } = await openAssets();
    await keepScript(assets, staged, { error });
    expect(await readFile(path, "utf8")).toBe(await own());
    await keepScript(assets, staged, { error });
    expect(said()).toBe("");
  });

  it("is the operator's where another one is there, and that is told", async () => {
    const { assets, path, error, said } = await openAssets();
    await keepScript(assets, staged, { error });
    await writeFile(path, "mine\n");
    await keepScript(assets, staged, { error });
    expect(await readFile(path, "utf8")).toBe("mine\n");
    expect(said()).toContain(`${path} is not this version's`);
  });

  it("is not needed where the live image brings an installer", async () => {
    const { assets, path, error } = await openAssets();
    const operatingSystem = { ...staged.operatingSystem, install: "coreos-installer" } as const;
    await keepScript(assets, { operatingSystem }, { error });
    await expect(readFile(path)).rejects.toThrow("ENOENT");
  });
});
