/**
 * The first programs a machine loads: iPXE builds that the operator put into a folder or that the
 * distribution packages. This file knows their names, loader-library.ts reads them. Nothing is ever
 * downloaded here and no byte of a loader is changed.
 */

/** Where distributions put iPXE (Debian, Fedora, Arch, Debian's grub-ipxe), signed shims and GRUBs. */
export const SystemFolders: readonly string[] = [
  "/usr/lib/ipxe",
  "/usr/share/ipxe",
  "/boot",
  "/usr/lib/shim",
  "/usr/lib/grub",
];

/**
 * Loader name → the paths below a system folder that hold such a build, best first. Debian names
 * x86-64 files plainly and adds the architecture to others; Fedora names both; Arch has a folder
 * for each. A path is always that build and no other one: which is good enough for whom, and what
 * to fall back to, is `chooseLoader`'s to say.
 */
export const LoaderPaths: Readonly<Record<string, readonly string[]>> = {
  "undionly.kpxe": ["undionly.kpxe", "x86_64/undionly.kpxe"],
  "undionly.kkpxe": ["undionly.kkpxe", "x86_64/undionly.kkpxe"],
  "ipxe.pxe": ["ipxe.pxe", "x86_64/ipxe.pxe"],
  "ipxe.efi": ["ipxe.efi", "ipxe-amd64.efi", "ipxe-x86_64.efi", "x86_64/ipxe.efi"],
  "snponly.efi": ["snponly.efi", "ipxe-snponly-x86_64.efi", "x86_64/snponly.efi"],
  "ipxe-ia32.efi": ["ipxe-ia32.efi", "ipxe-i386.efi", "i386/ipxe.efi"],
  "snponly-ia32.efi": ["snponly-ia32.efi", "ipxe-snponly-i386.efi", "i386/snponly.efi"],
  ...variantPaths(["arm32", "arm64", "riscv32", "riscv64", "loong64"]),
  "shimx64.efi": ["shimx64.efi.signed", "shimx64.efi"],
  "shimaa64.efi": ["shimaa64.efi.signed", "shimaa64.efi"],
  // Not grubx64.efi.signed: that build looks for its configuration on a disk.
  "grubx64.efi": ["x86_64-efi-signed/grubnetx64.efi.signed"],
  "grubaa64.efi": ["arm64-efi-signed/grubnetaa64.efi.signed"],
};

function variantPaths(cpus: readonly string[]): Record<string, readonly string[]> {
  const rows = cpus.flatMap((cpu) =>
    ["ipxe", "snponly"].map((variant): [string, readonly string[]] => {
      const name = `${variant}-${cpu}.efi`;
      return [name, [name, `${cpu}-efi/${variant}.efi`, `${cpu}/${variant}.efi`]];
    }),
  );
  return Object.fromEntries(rows);
}

/** A plain file name: no folder, not hidden, printable ASCII, at most 255 bytes. */
export function isLoaderName(name: string): boolean {
  return /^[\x20-\x7e]{1,255}$/.test(name) && !/[/\\]/.test(name) && !name.startsWith(".");
}

/**
 * Every path that may hold a loader, best first: the operator's folders win over the
 * distribution's.
 */
export function loaderPlaces(
  name: string,
  folders: readonly string[],
  systemFolders: readonly string[],
): readonly LoaderPlace[] {
  const paths = Object.hasOwn(LoaderPaths, name) ? (LoaderPaths[name] ?? []) : [];
  return [
    ...folders.map((folder) => ({ folder, path: `${folder}/${name}`, isSystem: false })),
    ...paths.flatMap((path) =>
      systemFolders.map((folder) => ({ folder, path: `${folder}/${path}`, isSystem: true })),
    ),
  ];
}

/**
 * A path to look at. In a system folder the distribution's links are followed wherever they lead.
 */
export type LoaderPlace = {
  readonly folder: string;
  readonly path: string;
  readonly isSystem: boolean;
};
