import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { chooseAccelerator } from "../../src/lab/accelerator.ts";
import { openGuestFiles } from "../../src/lab/guest-files.ts";
import { labNet } from "../../src/lab/lab-config.ts";
import { type LiveImage, openLiveImage } from "../../src/lab/live/live-image.ts";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { openVm, type Vm } from "../../src/lab/vm.ts";
import { formatMacHyphen } from "../../src/wire/mac.ts";
import { machineMac, openTestRoom, type TestRoom } from "../support/lab.ts";

const origin = `http://${labNet.server}:${labNet.httpPort}`;
const mac = machineMac(0x71);
const machine = formatMacHyphen(mac);
const progress = { host: labNet.server, port: 9000 } as const;
/** Three systems start in this test, one after the other, on whatever carries them. */
const timeout = 900_000;
const bootMs = 300_000;

/** The live system's part: fetch the script, write its settings, run it. */
const installYaml = `variant: fcos
version: 1.4.0
storage:
  files:
    - path: /opt/install.sh
      mode: 0755
      contents: { source: ${origin}/assets/install.sh }
    - path: /etc/kindling/install.env
      mode: 0600
      contents:
        inline: |
          KINDLING_MACHINE=${machine}
          KINDLING_IMAGE_URL=${origin}/assets/live/disk.raw.zst
          KINDLING_IMAGE_FORMAT=raw.zst
          KINDLING_IMAGE_SHA256={{.sha256}}
          KINDLING_DISK_RULE=smallest
          KINDLING_IGNITION_URL=${origin}/ignition?mac={{.request.query.mac}}&os=installed
          KINDLING_PROGRESS_URL=http://${progress.host}:${progress.port}/
systemd:
  units:
    - name: install.service
      enabled: true
      contents: |
        [Unit]
        Wants=network-online.target
        After=network-online.target
        [Service]
        Type=oneshot
        ExecStart=/opt/install.sh
        StandardOutput=journal+console
        StandardError=journal+console
        [Install]
        WantedBy=multi-user.target
`;

/** The installed system's part: it counts its starts, and says what Ignition left and whether it will run again. */
const nodeYaml = `variant: fcos
version: 1.4.0
passwd:
  users:
    - name: core
storage:
  files:
    - path: /etc/hostname
      mode: 0644
      contents: { inline: "{{.hostname}}\\n" }
    - path: /opt/tell
      mode: 0755
      contents:
        inline: |
          #!/bin/sh
          echo start >> /var/lib/starts
          echo "NODE starts=$(wc -l < /var/lib/starts) hostname=$(hostname) user=$(id -un core) motd=$(cat /etc/motd)"
          echo "NODE ignition=$(grep -c provisioningDate /etc/.ignition-result.json) left=$(ls /boot | tr '\\n' ' ')"
          echo "NODE root=$(df -m --output=size / | tail -n 1)MiB failed=$(systemctl --failed --no-legend | wc -l)"
          systemctl poweroff
    - path: /etc/motd
      mode: 0644
      overwrite: true
      contents: { inline: "{{.os}}" }
systemd:
  units:
    - name: tell.service
      enabled: true
      contents: |
        [Unit]
        After=network.target local-fs.target systemd-growfs-root.service
        [Service]
        Type=oneshot
        ExecStart=/opt/tell
        StandardOutput=journal+console
        [Install]
        WantedBy=multi-user.target
`;

async function catalog(image: LiveImage) {
  const sha256 = image.manifest.files["disk.raw.zst"]?.raw?.sha256 ?? "";
  const live = {
    id: "live",
    ignition_id: "install.yaml",
    boot: {
      kernel: "/assets/live/vmlinuz",
      initrd: ["--name main /assets/live/live.img"],
      args: [
        ...["initrd=main", "console=ttyS0", "quiet", "panic=-1"],
        ...["ignition.firstboot", "ignition.platform.id=metal"],
        `ignition.config.url=${origin}/ignition?uuid=\${uuid}&mac=\${mac:hexhyp}`,
      ],
    },
  };
  const installed = { selector: { mac, os: "installed" }, metadata: { hostname: "node1" } };
  const script = join(import.meta.dirname, "../../images/installer/install.sh");
  return new Map<string, string | Uint8Array>([
    ["assets/live/vmlinuz", await readFile(image.kernel)],
    ["assets/live/live.img", await readFile(image.initrd)],
    ["assets/live/disk.raw.zst", await readFile(image.disk)],
    ["assets/install.sh", await readFile(script)],
    ["ignition/install.yaml", installYaml],
    ["ignition/node.yaml", nodeYaml],
    ["profiles/live.json", JSON.stringify(live)],
    ["profiles/node.json", JSON.stringify({ id: "node", ignition_id: "node.yaml" })],
    [
      "groups/live.json",
      JSON.stringify({ id: "live", profile: "live", selector: { mac }, metadata: { sha256 } }),
    ],
    ["groups/node.json", JSON.stringify({ id: "node", profile: "node", ...installed })],
  ]);
}

/** What the machine on its disk alone says: no network card, so all that it runs it has from there. */
async function startFromDisk(test: TestRoom): Promise<Vm> {
  const { folder } = test.room;
  const firmware = { kind: "bios" } as const;
  const guest = await openGuestFiles(cacheFolder(process.env), () => {});
  const accelerator = await chooseAccelerator(firmware, guest, folder);
  const disk = join(folder, `${machine}.disk`);
  const spec = { name: "disk", mac, firmware, accelerator, memoryMb: 1024, disk };
  const vm = await openVm({ spec, folder }, AbortSignal.timeout(bootMs));
  await vm.ended;
  return vm;
}

const said = (vm: Vm) => vm.lines.map(({ text }) => text.replace(/^.*\bNODE /, "NODE "));
const ignitionRan = (vm: Vm) => vm.lines.some(({ text }) => /\bignition\[\d+\]/.test(text));

describe("a blank disk", () => {
  it("gets an image by install.sh in the live system, and Ignition at its first start alone", {
    timeout,
  }, async () => {
    const image = await openLiveImage(cacheFolder(process.env), () => {});
    const options = { files: await catalog(image), profiles: [], diskMb: 2048 };
    await using test = await openTestRoom("install", options);
    const server = join(import.meta.dirname, "../support/serve-progress.ts");
    const argv = [process.execPath, server, progress.host, String(progress.port)];
    const hearing = await test.runOn(labNet.serverHost, { argv, ready: /listening/ });
    let heard = "";
    hearing.stderr?.on("data", (chunk: Buffer) => {
      heard += chunk.toString();
    });

    const live = await test.powerOn("live", mac, "bios", { memoryMb: 1024 });
    await live.mark(/KINDLING-INSTALL stage=installed /, bootMs);
    expect(await live.ended).toBe(0);
    const told = heard
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const stages = [...new Set(told.map(({ stage }) => stage))];
    expect(stages).toEqual([
      "probing",
      "choosing",
      "writing",
      "verifying",
      "configuring",
      "installed",
    ]);
    expect(told).toEqual(told.map(() => expect.objectContaining({ machine })));
    expect(told.find(({ message }) => /^erasing/.test(message))?.message).toMatch(
      /^erasing \/dev\/vda: 2147483648 bytes, serial /,
    );
    const bytes = image.manifest.files["disk.raw.zst"]?.bytes;
    expect(told.at(-1)).toMatchObject({ stage: "installed", bytes, total: bytes });
    const writing = told.filter(({ stage }) => stage === "writing").map((one) => one.bytes);
    expect(writing).toEqual(writing.toSorted((a, b) => a - b));

    const first = await startFromDisk(test);
    expect(ignitionRan(first)).toBe(true);
    expect(said(first)).toContain("NODE starts=1 hostname=node1 user=core motd=installed");
    expect(said(first)).toContainEqual(
      expect.stringMatching(/^NODE ignition=1 left=(?!.*ignition)/),
    );
    expect(said(first)).toContainEqual(
      expect.stringMatching(/^NODE root= *1[6-9]\d\dMiB failed=0$/),
    );

    const second = await startFromDisk(test);
    expect(ignitionRan(second)).toBe(false);
    expect(said(second)).toContain("NODE starts=2 hostname=node1 user=core motd=installed");
  });
});
