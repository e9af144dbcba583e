import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openDaemonSite } from "../support/daemon-site.ts";
import { sha256 } from "../support/image-site.ts";
import { makeCertificates } from "../support/image-upstream.ts";

const program = join(import.meta.dirname, "../support/serve-image-files.ts");
const port = 8443;

it("a daemon that runs serves an image as soon as it is pulled, and boots it when it is used", async () => {
  await using site = await openDaemonSite();
  const upstream = join(site.folder, "upstream");
  const recipes = join(site.folder, "data/images/recipes");
  for (const folder of [join(upstream, "files"), recipes]) mkdirSync(folder, { recursive: true });
  const { ca, cert, key } = await makeCertificates();
  for (const [name, text] of Object.entries({
    "ca.pem": ca,
    "server.crt": cert,
    "server.key": key,
  })) {
    writeFileSync(join(upstream, name), text);
  }
  writeFileSync(join(upstream, "files/linux"), "kernel");
  const recipe = {
    ...{ name: "mine", title: "Mine", upstream: "custom", version: "1", channels: ["local"] },
    ...{ mirrors: [`https://127.0.0.1:${port}`], architectures: { x86_64: "amd64" } },
    files: [{ role: "kernel", from: "linux", file: "linux", sha256: sha256("kernel") }],
    boot: { args: ["base={base}"], required: ["base"], ramMib: 512, secureBoot: "signed" },
  };
  writeFileSync(join(recipes, "mine.yaml"), JSON.stringify(recipe));
  await site.keep("server", [process.execPath, program, upstream, String(port)], /ready/);
  const images = { caFile: join(upstream, "ca.pem"), follow: [{ name: "mine" }] };
  const file = site.configure(JSON.stringify({ interfaces: ["eth0"], images }));
  await site.serve({ args: ["--config", file] });
  await site.lease();

  const image = (...words: readonly string[]) => site.kindling("image", ...words, "--config", file);
  expect(await image("pull", "mine")).toMatchObject({ exitCode: 0 });
  expect(await site.get("/assets/images/mine/1/x86_64/linux")).toBe("kernel");
  expect(await image("use", "mine", "--group", "default")).toMatchObject({ exitCode: 0 });
  const script = await site.get("/ipxe?mac=52:54:00:77:00:10");
  expect(script).toContain("kernel /assets/images/mine/1/x86_64/linux");
  expect(script).toContain("base=http://10.77.0.1:8080/assets/images/mine/1/x86_64");
  const checked = await image("check", "--ram", "512");
  expect([checked.exitCode, checked.stdout.trim()]).toEqual([
    0,
    "profile mine boots mine@1 x86_64: ok",
  ]);
});
