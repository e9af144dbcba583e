import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { labNet } from "../../src/lab/lab-config.ts";
import { formatLiveRecipe } from "../../src/lab/live/image-recipe.ts";
import { type LiveImage, openLiveImage } from "../../src/lab/live/live-image.ts";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { runLine } from "../support/cli.ts";
import { openSigners } from "../support/gpg-signers.ts";
import { openUpstream, type Upstream } from "../support/image-upstream.ts";
import { machineMac, openTestRoom } from "../support/lab.ts";

const origin = `http://${labNet.server}:${labNet.httpPort}`;
const mac = machineMac(0x72);

/** It says by itself, on the console, what Ignition made of this. */
const nodeYaml = `variant: fcos
version: 1.4.0
passwd:
  users:
    - name: core
      home_dir: /var/lib/core
      ssh_authorized_keys: [ "{{.key}}" ]
storage:
  files:
    - path: /etc/hostname
      mode: 0644
      contents: { inline: "{{.hostname}}\\n" }
    - path: /etc/rack
      mode: 0600
      contents: { inline: "rack {{.rack}}" }
systemd:
  units:
    - name: tell.service
      enabled: true
      contents: |
        [Unit]
        After=network-online.target
        Wants=network-online.target
        [Service]
        Type=oneshot
        ExecStart=/bin/sh -c 'echo "NODE hostname=$(hostname) $(stat -c %%a /etc/rack)=$(cat /etc/rack) $(id core)"'
        ExecStart=/bin/sh -c 'echo "NODE key=$(cat /var/lib/core/.ssh/authorized_keys.d/ignition)"'
        ExecStart=/bin/sh -c 'echo "NODE os=$(. /etc/os-release; echo $$ID $$VERSION_ID) init=$(cat /proc/1/comm)"'
        ExecStart=curl -fsS "${origin}/report?mac={{.mac}}&stage=told"
        ExecStart=systemctl poweroff
        StandardOutput=journal+console
        StandardError=journal+console
        [Install]
        WantedBy=multi-user.target
`;
const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKindlingLabKey core@lab";

/** The recipe that comes with the image, with a signature beside each file in the place of checksums. */
async function publish(
  image: LiveImage,
  upstream: Upstream,
  sign: (bytes: Buffer) => Promise<Buffer>,
) {
  const recipe = JSON.parse(formatLiveRecipe(image.manifest, upstream.origin));
  recipe.files.splice(2); // no disk here
  for (const row of recipe.files) {
    const bytes = await readFile(join(image.folder, row.file));
    upstream.files.set(row.file, bytes);
    upstream.files.set(`${row.file}.sig`, await sign(bytes));
    row.sha256 = undefined;
    row.signature = `${row.file}.sig`;
  }
  return recipe;
}

/** What an operator has before: a catalog that waits for its kernel, a recipe, an authority to believe. */
async function prepareSite(root: string, recipe: object, ca: string): Promise<string> {
  const metadata = { hostname: "node1", rack: "r7", key };
  const site: readonly (readonly [path: string, text: string])[] = [
    ["ignition/node.yaml", nodeYaml],
    ["profiles/live.json", JSON.stringify({ id: "live", ignition_id: "node.yaml" })],
    ["groups/node.json", JSON.stringify({ id: "node", selector: { mac }, metadata })],
    ["images/recipes/live.yaml", JSON.stringify(recipe)],
    ["ca.pem", ca],
    [
      "kindling.yaml",
      JSON.stringify({ data: { folder: root }, images: { caFile: join(root, "ca.pem") } }),
    ],
  ];
  for (const [path, text] of site) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return join(root, "kindling.yaml");
}

/** What went wrong is on the screen beside what was done. */
async function run(...argv: readonly string[]): Promise<void> {
  const { exit, error } = await runLine(argv);
  expect(exit, error).toBe(0);
}

/** What of the folder machines are served. */
async function servedFiles(root: string): Promise<Map<string, Uint8Array>> {
  const served = ["ignition", "profiles", "groups", "assets"];
  const paths = await Promise.all(
    served.map(async (folder) => {
      const found = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
      return found.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
    }),
  );
  const files = paths.flat().map(async (path) => {
    return [relative(root, path), await readFile(path)] as const;
  });
  return new Map(await Promise.all(files));
}

describe("a blank machine", () => {
  it("boots an image that was pulled and verified, and is what its Butane template says", {
    timeout: 600_000,
  }, async () => {
    const image = await openLiveImage(cacheFolder(process.env), () => {});
    const root = await mkdtemp(join(tmpdir(), "kindling-image-"));
    await using cleaning = new AsyncDisposableStack();
    cleaning.defer(() => rm(root, { recursive: true, force: true }));
    const upstream = cleaning.use(await openUpstream());
    const gpg = cleaning.use(await openSigners("20250101T000000"));
    const primary = await gpg.key("builders");
    upstream.files.set("key.asc", await gpg.publish(primary));
    const fields = await publish(image, upstream, (bytes) => gpg.sign(bytes, { by: primary }));
    const urls = [`${upstream.origin}/key.asc`];
    fields.keys = [{ owner: "builders", fingerprint: primary, urls }];
    fields.boot.args = [...fields.boot.args, "quiet", "panic=-1"];
    const config = await prepareSite(root, fields, upstream.ca);
    await run("image", "pull", fields.name, "--config", config);
    const [group, place] = [
      ["--group", "node"],
      ["--origin", origin, "--config", config],
    ];
    await run("image", "use", fields.name, "--profile", "live", ...group, ...place);
    const files = await servedFiles(root);
    await using test = await openTestRoom("image", { files, profiles: [] });
    await using vm = await test.powerOn("m1", mac, "bios", { memoryMb: fields.boot.ramMib });
    expect(await vm.ended).toBe(0);

    const said = vm.lines.map(({ text }) => text.replace(/^.*\bNODE /, "NODE "));
    expect(said).toContainEqual(
      expect.stringMatching(/^NODE hostname=node1 600=rack r7 uid=1000\(core\)/),
    );
    expect(said).toContain(`NODE key=${key}`);
    expect(said).toContain("NODE os=debian 12 init=systemd");
    expect(test.room.events).toContainEqual(
      expect.objectContaining({ kind: "report", mac, stage: "told" }),
    );
  });
});
