import { parseTreeInfo } from "./checksums.ts";
import type { ImageArchitecture, ImageRole } from "./image.ts";
import type { IsoListing } from "./iso-tree.ts";
import { isImageName } from "./names.ts";
import type { Recipe } from "./recipe.ts";

/** One kind of installation image: how it is known, what of it is wanted, and where it tells what it is. */
export type IsoLayout = {
  /** In an operator's words. */
  readonly title: string;
  /** All of them are there, and no other layout's are. */
  readonly marks: readonly string[];
  readonly files: readonly IsoPick[];
  /** The name under which the whole image is served as well. */
  readonly whole?: string;
  /** All files are served where they are, for an installer that fetches packages. */
  readonly tree?: true;
  readonly identity: IsoIdentity;
  /** What an operator should know before counting on it. */
  readonly note?: string;
};

/** A file of the image, and its place in the folder: that of the recipe, so one set of arguments fits both. */
export type IsoPick = { readonly role: ImageRole; readonly from: string; readonly file: string };

/** The pattern has the groups `version` and perhaps `arch`, in the upstream's words. */
type IsoIdentity =
  | { readonly kind: "label"; readonly recipe: string; readonly pattern: RegExp }
  | {
      readonly kind: "file";
      readonly recipe: string;
      readonly path: string;
      readonly pattern: RegExp;
    }
  /** `family` and `arch` of a tree's own description. */
  | { readonly kind: "treeinfo"; readonly recipes: Readonly<Record<string, string>> };

const live = "images/pxeboot";
const debian = (folder: string): IsoLayout => ({
  title: "Debian's installer",
  marks: [`${folder}/vmlinuz`, `${folder}/initrd.gz`, ".disk/info"],
  files: [
    { role: "kernel", from: `${folder}/vmlinuz`, file: "linux" },
    { role: "initrd", from: `${folder}/initrd.gz`, file: "initrd.gz" },
  ],
  identity: {
    kind: "file",
    recipe: "debian",
    path: ".disk/info",
    pattern: /^Debian GNU\/Linux (?<version>\d[\d.]*) .* (?<arch>amd64|arm64) /,
  },
  note: "this installer looks for its CD; one that loads all from a mirror is what kindling image pull debian fetches, and a bundle brings it",
});

/** Installation images that are known. The first whose marks are all there is taken. */
export const IsoLayouts: readonly IsoLayout[] = [
  {
    title: "Fedora CoreOS, live",
    marks: [`${live}/vmlinuz`, `${live}/initrd.img`, `${live}/rootfs.img`],
    files: [
      { role: "kernel", from: `${live}/vmlinuz`, file: "vmlinuz" },
      { role: "initrd", from: `${live}/initrd.img`, file: "initramfs.img" },
      { role: "rootfs", from: `${live}/rootfs.img`, file: "rootfs.img" },
    ],
    identity: { kind: "label", recipe: "fcos", pattern: /^fedora-coreos-(?<version>\d[\d.]*)$/ },
  },
  {
    title: "Ubuntu's live server",
    marks: ["casper/vmlinuz", "casper/initrd", ".disk/info"],
    files: [
      { role: "kernel", from: "casper/vmlinuz", file: "linux" },
      { role: "initrd", from: "casper/initrd", file: "initrd" },
    ],
    whole: "live-server.iso",
    identity: {
      kind: "file",
      recipe: "ubuntu",
      path: ".disk/info",
      pattern: /^Ubuntu-Server (?<version>\d[\d.]*) .* (?<arch>amd64|arm64) /,
    },
  },
  debian("install.amd"),
  debian("install.a64"),
  {
    title: "an install tree of Fedora or the RHEL family",
    marks: [".treeinfo", `${live}/vmlinuz`, `${live}/initrd.img`],
    files: [
      { role: "kernel", from: `${live}/vmlinuz`, file: `${live}/vmlinuz` },
      { role: "initrd", from: `${live}/initrd.img`, file: `${live}/initrd.img` },
      { role: "stage2", from: "images/install.img", file: "images/install.img" },
    ],
    tree: true,
    identity: {
      kind: "treeinfo",
      recipes: { Fedora: "fedora", AlmaLinux: "almalinux", "Rocky Linux": "rocky" },
    },
  },
];

/** What an image says that it is. */
export type IsoSelf = {
  readonly layout: IsoLayout;
  readonly recipe: string | undefined;
  readonly version: string | undefined;
  /** In the upstream's words. */
  readonly arch: string | undefined;
};

export function findIsoLayout({ files }: IsoListing): IsoLayout | undefined {
  const paths = new Set(files.map(({ path }) => path));
  return IsoLayouts.find(({ marks }) => marks.every((mark) => paths.has(mark)));
}

/** The file in which an image tells what it is; undefined: its label does. */
export function identityFile({ identity }: IsoLayout): string | undefined {
  if (identity.kind === "label") return undefined;
  return identity.kind === "file" ? identity.path : ".treeinfo";
}

/** `text`: the label, or what the file of `identityFile` holds. */
export function readIsoSelf(layout: IsoLayout, text: string): IsoSelf {
  const { identity } = layout;
  if (identity.kind !== "treeinfo") {
    const { version, arch } = identity.pattern.exec(text)?.groups ?? {};
    const recipe = version === undefined ? undefined : identity.recipe;
    return { layout, recipe, version: nameOnly(version), arch };
  }
  const field = (name: string) => new RegExp(`^${name}\\s*=\\s*(.*?)\\s*$`, "m").exec(text)?.[1];
  const family = field("family") ?? "";
  const recipe = Object.hasOwn(identity.recipes, family) ? identity.recipes[family] : undefined;
  const { version } = parseTreeInfo(text);
  return { layout, recipe, version: nameOnly(version), arch: field("arch") };
}

function nameOnly(version: string | undefined): string | undefined {
  return version !== undefined && isImageName(version) ? version : undefined;
}

/** The upstream's word for an architecture → ours. */
export function architectureBy(recipe: Recipe, word: string): ImageArchitecture | undefined {
  const rows = Object.entries(recipe.architectures);
  const found = rows.find(([, upstream]) => upstream === word)?.[0];
  return found === "x86_64" || found === "arm64" ? found : undefined;
}

/** The channel that a version belongs to, as far as their names tell. */
export function channelOf({ channels }: Recipe, version: string, text: string): string {
  const words = text.toLowerCase();
  const fitting = channels.find((channel) => {
    return (
      version === channel || version.startsWith(`${channel}.`) || words.includes(`"${channel}"`)
    );
  });
  return fitting ?? channels[0] ?? "stable";
}

/** By the header of PE, which every Linux kernel that EFI starts has; of others nothing is known. */
export function kernelArchitecture(head: Uint8Array): ImageArchitecture | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length < 64 || view.getUint16(0, true) !== 0x5a4d) return undefined;
  const at = view.getUint32(60, true);
  if (at + 6 > head.length || view.getUint32(at, true) !== 0x4550) return undefined;
  return Machines[view.getUint16(at + 4, true)];
}

const Machines: Readonly<Record<number, ImageArchitecture>> = { 34404: "x86_64", 43620: "arm64" };
