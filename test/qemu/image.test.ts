import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Fetcher } from "../../src/assets/image/fetch.ts";
import { ImageLibrary } from "../../src/assets/image/image-library.ts";
import { profileOf } from "../../src/assets/image/image-profile.ts";
import { KeyLibrary } from "../../src/assets/image/key-library.ts";
import { pullImage } from "../../src/assets/image/pull.ts";
import { parseRecipe, type Recipe } from "../../src/assets/image/recipe.ts";
import { chooseFiles } from "../../src/assets/image/resolve.ts";
import { labNet } from "../../src/lab/lab-config.ts";
import { formatLiveRecipe } from "../../src/lab/live/image-recipe.ts";
import { type LiveImage, openLiveImage } from "../../src/lab/live/live-image.ts";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { formatGroup, formatProfile } from "../../src/store/format.ts";
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

async function pull(recipe: Recipe, ca: string, root: string) {
  const stop = new AbortController();
  const settings = { proxy: {}, ca, silenceMs: 60_000, bytesMax: 1e9 };
  using fetcher = new Fetcher(settings, { clock: systemClock, signal: stop.signal });
  const folders = { published: join(root, "assets/images"), work: join(root, "images") };
  const library = new ImageLibrary(folders, systemClock.now);
  const keys = new KeyLibrary(join(root, "images/keys"), fetcher);
  return await pullImage(
    { recipe: chooseFiles(recipe, []), wish: { channel: "local", arch: "x86_64" } },
    {
      ...{ library, fetcher, clock: systemClock, bytesMax: 1e9, onProgress: () => {} },
      trust: keys.trustFor(recipe),
    },
  );
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
    const recipe = parseRecipe("live.yaml", JSON.stringify(fields));
    const { image: pulled } = await pull(recipe, upstream.ca, root);
    const { manifest } = pulled;

    const args = [...recipe.boot.args, "quiet", "panic=-1"];
    const bootable = { ...manifest, id: pulled.id, args };
    const profile = profileOf(bootable, { id: "live", origin });
    if (profile === undefined) throw new Error("the image has no kernel");
    const metadata = { hostname: "node1", rack: "r7", key };
    const group = { id: "node", name: "", profile: "live", selector: { mac }, metadata };
    const files = new Map<string, string | Uint8Array>([
      ["ignition/node.yaml", nodeYaml],
      ["profiles/live.json", formatProfile({ ...profile, ignitionId: "node.yaml" })],
      ["groups/node.json", formatGroup(group)],
    ]);
    const { name, version, arch } = pulled.id;
    for (const { file } of manifest.files) {
      const path = `assets/images/${name}/${version}/${arch}/${file}`;
      files.set(path, await readFile(join(pulled.folder, file)));
    }
    await using test = await openTestRoom("image", { files, profiles: [] });
    await using vm = await test.powerOn("m1", mac, "bios", { memoryMb: recipe.boot.ramMib });
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
