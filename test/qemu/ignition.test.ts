import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { chooseAccelerator } from "../../src/lab/accelerator.ts";
import { openGuestFiles } from "../../src/lab/guest-files.ts";
import { openIgnitionFiles } from "../../src/lab/ignition-files.ts";
import { labNet } from "../../src/lab/lab-config.ts";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { openVm } from "../../src/lab/vm.ts";
import { formatMacHyphen } from "../../src/wire/mac.ts";
import { machineMac, openTestRoom } from "../support/lab.ts";

const origin = `http://${labNet.server}:${labNet.httpPort}`;
const mac = machineMac(0x70);
const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKindlingLabKey core@lab";

/** A template over metadata, selector and request, whose result is Butane. */
const nodeYaml = `variant: fcos
version: 1.4.0
passwd:
  users:
    - name: core
      home_dir: /var/lib/core
      ssh_authorized_keys:
        {{- range .ssh_keys}}
        - {{.}}
        {{- end}}
storage:
  files:
    - path: /etc/hostname
      mode: 0644
      contents: { inline: "{{.hostname}}\\n" }
    - path: /etc/rack
      mode: 0600
      contents:
        inline: |
          rack {{.rack}} of {{.mac}}
          asked as {{.request.query.mac}}
    - path: /etc/motd
      mode: 0644
      contents: { source: {{.assets}}/motd.txt }
systemd:
  units:
    - name: kindled.service
      enabled: true
      contents: |
        [Service]
        Type=oneshot
        ExecStart=/bin/true
        [Install]
        WantedBy=multi-user.target
`;

// Ignition enables a unit by a preset, which systemd follows at the first start of the system.
const wanted = [
  "/etc/hostname mode=644 owner=0:0",
  "/etc/hostname: node1",
  "/etc/rack mode=600 owner=0:0",
  `/etc/rack: rack r7 of ${mac}`,
  `/etc/rack: asked as ${mac}`,
  "/etc/motd: welcome from the assets folder",
  "/etc/systemd/system/kindled.service: ExecStart=/bin/true",
  "/etc/systemd/system-preset/20-ignition.preset: enable kindled.service",
  "/etc/passwd: core:x:1000:100::/var/lib/core:/bin/bash",
  "/var/lib/core/.ssh/authorized_keys.d/ignition mode=600 owner=1000:100",
  `/var/lib/core/.ssh/authorized_keys.d/ignition: ${key}`,
];

const group = JSON.stringify({
  id: "node",
  profile: "install",
  selector: { mac },
  metadata: {
    hostname: "node1",
    rack: "r7",
    ssh_keys: [key],
    assets: `${origin}/assets`,
  },
});

const installProfile = JSON.stringify({
  id: "install",
  ignition_id: "node.yaml",
  boot: {
    kernel: "/assets/lab/vmlinuz",
    initrd: ["/assets/lab/initrd.gz", "/assets/lab/ignition.gz"],
    args: [
      ...["console=ttyS0", "quiet", "panic=-1"],
      `ignition.config.url=${origin}/ignition?uuid=\${uuid}&mac=\${mac:hexhyp}`,
      ...["kindling.run=/bin/install", `kindling.assets=${origin}/assets`],
      ...[`kindling.report=${origin}/report`, "kindling.stage=installed"],
    ],
  },
});

/** What the system on the disk says of itself: which kernel GRUB loaded, and which cards it has. */
const system = [
  "from=/boot/vmlinuz cards=lo",
  "hostname=node1 core=uid=1000(core) gid=100 groups=100",
];

describe("a BIOS machine with a blank disk", () => {
  it("is installed by Ignition from a Butane template, and boots that disk without a network", async () => {
    const { initrd } = await openIgnitionFiles(cacheFolder(process.env), () => {});
    const files = new Map<string, string | Uint8Array>([
      ["assets/lab/ignition.gz", await readFile(initrd)],
      ["assets/motd.txt", "welcome from the assets folder\n"],
      ["ignition/node.yaml", nodeYaml],
      ["profiles/install.json", installProfile],
      ["groups/node.json", group],
    ]);
    await using test = await openTestRoom("ignition", { files, profiles: [], diskMb: 64 });

    const first = await test.powerOn("install", mac, "bios");
    expect(await first.ended).toBe(0);
    const seen = test.room.events.filter((event) => event.mac === mac);
    expect(seen).toMatchObject(
      expect.arrayContaining([
        expect.objectContaining({ kind: "http", resource: "ignition", status: 200 }),
        expect.objectContaining({ kind: "http", path: "/assets/motd.txt", status: 200 }),
        expect.objectContaining({ kind: "report", stage: "installed" }),
      ]),
    );

    // No network card: whatever this machine runs, it has from its disk.
    const guest = await openGuestFiles(cacheFolder(process.env), () => {});
    const { folder } = test.room;
    const firmware = { kind: "bios" } as const;
    const accelerator = await chooseAccelerator(firmware, guest, folder);
    const disk = join(folder, `${formatMacHyphen(mac)}.disk`);
    const spec = { name: "disk", mac, firmware, accelerator, memoryMb: 512, disk };
    await using second = await openVm({ spec, folder }, new AbortController().signal);
    expect(await second.ended).toBe(0);
    const lines = second.lines.map((line) => line.text);
    for (const line of system) expect(lines).toContain(`KINDLING-SYSTEM ${line}`);
    for (const line of wanted) expect(lines).toContain(`KINDLING-DISK ${line}`);
  });
});
