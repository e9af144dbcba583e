/**
 * The first programs a machine loads: iPXE builds that the operator put into a folder or that the
 * distribution packages. This file knows their names, loader-library.ts reads them. Nothing is ever
 * downloaded here and no byte of a loader is changed.
 */

/** Where distributions put iPXE: Debian and Ubuntu, Fedora and Arch, and Debian's grub-ipxe. */
export const SystemFolders: readonly string[] = ["/usr/lib/ipxe", "/usr/share/ipxe", "/boot"];

/**
 * Loader name → the paths below a system folder that hold such a build, best first. Debian names
 * x86-64 files plainly and adds the architecture to others; Fedora names both; Arch has a folder for each.
 * `snponly` falls back to a build with all drivers, never to another architecture.
 */
export const LoaderPaths: Readonly<Record<string, readonly string[]>> = {
  "undionly.kpxe": ["undionly.kpxe", "x86_64/undionly.kpxe"],
  "undionly.kkpxe": ["undionly.kkpxe", "x86_64/undionly.kkpxe"],
  "ipxe.pxe": ["ipxe.pxe", "x86_64/ipxe.pxe"],
  "ipxe.efi": ["ipxe.efi", "ipxe-x86_64.efi", "x86_64/ipxe.efi"],
  "ipxe-arm64.efi": ["ipxe-arm64.efi", "arm64-efi/ipxe.efi", "arm64/ipxe.efi"],
  "snponly.efi": [
    "snponly.efi",
    "ipxe-snponly-x86_64.efi",
    "x86_64/snponly.efi",
    "ipxe.efi",
    "ipxe-x86_64.efi",
  ],
  "snponly-ia32.efi": ["snponly-ia32.efi", "ipxe-snponly-i386.efi", "ipxe-i386.efi"],
  "snponly-arm32.efi": ["snponly-arm32.efi", "arm32-efi/snponly.efi", "arm32/snponly.efi"],
  "snponly-arm64.efi": [
    "snponly-arm64.efi",
    "arm64-efi/snponly.efi",
    "arm64/snponly.efi",
    "ipxe-arm64.efi",
    "arm64-efi/ipxe.efi",
  ],
  "snponly-riscv32.efi": ["snponly-riscv32.efi", "riscv32/snponly.efi"],
  "snponly-riscv64.efi": ["snponly-riscv64.efi", "riscv64/snponly.efi"],
  "snponly-loong64.efi": ["snponly-loong64.efi", "loong64/snponly.efi"],
};

/** A plain file name: no folder, not hidden, printable ASCII, at most 255 bytes. */
export function isLoaderName(name: string): boolean {
  return /^[\x20-\x7e]{1,255}$/.test(name) && !/[/\\]/.test(name) && !name.startsWith(".");
}

/** Every path that may hold a loader, best first: the operator's folders win over the distribution's. */
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

/** A path to look at. In a system folder the distribution's links are followed wherever they lead. */
export type LoaderPlace = {
  readonly folder: string;
  readonly path: string;
  readonly isSystem: boolean;
};
