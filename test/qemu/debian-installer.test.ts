import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { profileOf } from "../../src/assets/image/image-profile.ts";
import { parseRecipe } from "../../src/assets/image/recipe.ts";
import { labNet } from "../../src/lab/lab-config.ts";
import { openDebianInstaller } from "../../src/lab/machine-files.ts";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { formatGroup, formatProfile } from "../../src/store/format.ts";
import { machineMac, openTestRoom, untilEvent } from "../support/lab.ts";

const origin = `http://${labNet.server}:${labNet.httpPort}`;
const mac = machineMac(0x90);

/** A template, as any file of /generic; the installer runs early_command once it has read this. */
const preseed = `d-i debian-installer/locale string en_US.UTF-8
d-i keyboard-configuration/xkb-keymap select us
d-i netcfg/get_hostname string {{.hostname}}
d-i preseed/early_command string wget -q -O /dev/null "${origin}/report?mac={{.mac}}&stage=preseeded"
`;

// For the serial port alone: without these the installer draws on a screen that is not there.
const consoleArgs = ["console=ttyS0", "TERM=dumb", "DEBIAN_FRONTEND=text", "vga=none"];

it("Debian's installer boots by its recipe and takes its preseed from /generic", {
  timeout: 600_000,
}, async () => {
  const installer = await openDebianInstaller(cacheFolder(process.env), () => {});
  const text = await readFile(
    join(import.meta.dirname, "../../images/recipes/debian.yaml"),
    "utf8",
  );
  const recipe = parseRecipe("debian.yaml", text);
  const image = {
    id: { name: recipe.name, version: "12", arch: "x86_64" },
    title: recipe.title,
    args: [...recipe.boot.args, ...consoleArgs],
    files: recipe.files,
    tree: `${origin}/assets`,
  } as const;
  const profile = profileOf(image, { id: "debian", origin });
  if (profile === undefined) throw new Error("the recipe has no kernel");
  const selector = { mac };
  const metadata = { hostname: "node1" };
  const files = new Map<string, string | Uint8Array>([
    ["assets/images/debian/12/x86_64/linux", await readFile(installer.kernel)],
    ["assets/images/debian/12/x86_64/initrd.gz", await readFile(installer.initrd)],
    ["generic/preseed", preseed],
    ["profiles/debian.json", formatProfile({ ...profile, genericId: "preseed" })],
    [
      "groups/debian.json",
      formatGroup({ id: "d", name: "", profile: "debian", selector, metadata }),
    ],
  ]);
  await using test = await openTestRoom("debian-installer", { files, profiles: [] });
  await using vm = await test.powerOn("installer", mac, "bios", { memoryMb: recipe.boot.ramMib });

  const told = untilEvent(test.room, (event) => event.kind === "report" && event.mac === mac);
  const ended = vm.ended.then(() => vm.mark(/the installer stays on/));
  expect(await Promise.race([told, ended])).toMatchObject({ stage: "preseeded" });
  const seen = test.room.events.filter((event) => event.mac === mac);
  expect(seen).toMatchObject(
    expect.arrayContaining([
      expect.objectContaining({ kind: "http", resource: "generic", status: 200 }),
    ]),
  );
});
