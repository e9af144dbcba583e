import { type LoaderLibrary, openLoaderLibrary } from "../assets/loader-library.ts";
import { isSignedProgram } from "../assets/pe-signature.ts";
import { architectureNamed } from "../boot/firmware.ts";
import { loaderFiles } from "../boot/loader-choice.ts";
import type { Config } from "../config/schema.ts";

/** Secure Boot is met on these above all. */
const machine = "x64 UEFI";

/** What the chosen Secure Boot chain lacks, a sentence each; nothing is said of `auto` and `off`. */
export async function checkLoaders({ loaders }: Config): Promise<readonly string[]> {
  const { secureBoot, folders } = loaders;
  if (secureBoot !== "shim" && secureBoot !== "ipxe-shim") return [];
  const library = openLoaderLibrary({ folders });
  const files = loaderFiles(architectureNamed(machine));
  const chain =
    secureBoot === "shim" ? [files?.shim, files?.grub] : [files?.ipxeShim, files?.native];
  const found = chain.map((name) => judge(library, name ?? "", secureBoot));
  return (await Promise.all(found)).flat();
}

async function judge(
  library: LoaderLibrary,
  name: string,
  policy: "shim" | "ipxe-shim",
): Promise<readonly string[]> {
  const loader = await library.find(name);
  const cure =
    policy === "shim"
      ? "install shim-signed and grub-efi-amd64-signed or put it into loaders.folders"
      : "put iPXE's signed build into loaders.folders";
  const why = `loaders.secureBoot is ${policy}`;
  if (loader.kind === "missing") return [`${why} and there is no ${name}: ${cure}`];
  if (isSignedProgram(loader.bytes)) return [];
  return [`${why} and ${loader.path} is not signed: ${cure}`];
}
