import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openIgnitionFiles } from "../../src/lab/ignition-files.ts";
import { labNet, labPaths } from "../../src/lab/lab-config.ts";
import { cacheFolder } from "../../src/lab/package-cache.ts";
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

describe("a BIOS machine with a blank disk", () => {
  it("is installed by Ignition from a Butane template, and its disk says so at the next boot", async () => {
    const initrd = await openIgnitionFiles(cacheFolder(process.env), () => {});
    const files = new Map<string, string | Uint8Array>([
      ["assets/lab/ignition.gz", await readFile(initrd)],
      ["assets/motd.txt", "welcome from the assets folder\n"],
      ["ignition/node.yaml", nodeYaml],
      ["profiles/install.json", profile("install", "installed")],
      ["profiles/show.json", profile("show", "shown")],
      ["groups/node.json", group("install")],
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

    // What an operator does next; the daemon reads the folder anew by itself.
    await writeFile(join(labPaths(test.room.folder).data, "groups/node.json"), group("show"));
    const second = await test.powerOn("show", mac, "bios");
    expect(await second.ended).toBe(0);
    const disk = second.lines.map((line) => line.text);
    for (const line of wanted) expect(disk).toContain(`KINDLING-DISK ${line}`);
  });
});

function group(profile: string): string {
  return JSON.stringify({
    id: "node",
    profile,
    selector: { mac },
    metadata: {
      hostname: "node1",
      rack: "r7",
      ssh_keys: [key],
      assets: `${origin}/assets`,
    },
  });
}

function profile(program: string, stage: string): string {
  return JSON.stringify({
    id: program,
    ignition_id: "node.yaml",
    boot: {
      kernel: "/assets/lab/vmlinuz",
      initrd: ["/assets/lab/initrd.gz", "/assets/lab/ignition.gz"],
      args: [
        ...["console=ttyS0", "quiet", "panic=-1"],
        `ignition.config.url=${origin}/ignition?uuid=\${uuid}&mac=\${mac:hexhyp}`,
        `kindling.run=/bin/${program}`,
        `kindling.report=${origin}/report`,
        `kindling.stage=${stage}`,
      ],
    },
  });
}
