import { type Architecture, architectureOf } from "./firmware.ts";
import { loaderFiles } from "./loader-choice.ts";
import { diagnosisFile } from "./next-stage.ts";

/** Whose names are meant by a machine that is not known. */
const x64 = 7;

/** What a name means that a boot program asks for, by TFTP or below `/loaders/`. */
export type BootFileName =
  /** The first of these that there is. */
  | { readonly kind: "loader"; readonly names: readonly string[] }
  /** A text that is made for the machine that asks. */
  | { readonly kind: "autoexec" | "diagnosis" | "grub-config" }
  /** A file below the assets folder. */
  | { readonly kind: "asset"; readonly path: string }
  /** Boot programs look for it and do without; they wait for any answer but a quick no. */
  | { readonly kind: "optional"; readonly name: string };

/**
 * A clean path → its meaning for a machine of this architecture (absent: unknown). Names hold in
 * the root and in any folder: shim asks in the folder it came from or in the root, a Raspberry Pi
 * below its serial number.
 */
export function readBootFileName(path: string, arch: Architecture | undefined): BootFileName {
  const asset = /^assets\/(.+)$/.exec(path)?.[1];
  if (asset !== undefined) return { kind: "asset", path: asset };
  const name = bootFileName(path);
  if (name === "autoexec.ipxe") return { kind: "autoexec" };
  if (name === diagnosisFile) return { kind: "diagnosis" };
  // GRUB tries names with its MAC and its address in front of the plain one: each means the same.
  if (/^grub\.cfg(-|$)/.test(name)) return { kind: "grub-config" };
  if (isOptional(name)) return { kind: "optional", name };
  const same = sameForMachine(name, arch);
  // As it was spelt comes before lower case: an operator's folder may well tell them apart.
  const spelt = path.split("/").at(-1) ?? "";
  return { kind: "loader", names: [...new Set(same ? [...same, name] : [spelt, name])] };
}

/** The last part of a path, in lower case: FAT has no other. */
export function bootFileName(path: string): string {
  return (path.split("/").at(-1) ?? "").toLowerCase();
}

/** Is this a program that firmware loads first, and not one that such a program fetches? */
export function isFirstLoader(name: string): boolean {
  return /\.(efi|kpxe|kkpxe|pxe)$/.test(name) && !/^grub|^mm|^fb/.test(name) && !isOptional(name);
}

/**
 * shim asks for revocations and further certificates, GRUB for lists of modules that Secure Boot
 * lets it not load anyway.
 */
export function isOptional(path: string): boolean {
  const name = bootFileName(path);
  return /^(revocations.*|shim_certificate.*)\.efi$|^(command|fs|crypto|terminal)\.lst$/.test(name);
}

// Programs ask for the name that x86-64 has, whatever they run on; and of two variants of iPXE any
// is better than none.
function sameForMachine(
  name: string,
  arch: Architecture | undefined,
): readonly string[] | undefined {
  const files = loaderFiles(arch ?? architectureOf(x64));
  if (files === undefined || arch?.firmware === "bios") return undefined;
  const { snponly = files.native, native, grub } = files;
  switch (name) {
    case "ipxe.efi":
      return [native, snponly];
    case "snponly.efi":
      return [snponly, native];
    case "grubx64.efi":
    case "grubaa64.efi":
      return grub === undefined ? undefined : [grub];
    case snponly:
      return [snponly, native];
    case native:
      return [native, snponly];
    default:
      return undefined;
  }
}
