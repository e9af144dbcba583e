/** What boot programs and installers look for; the rest is bytes. */
const Types: Readonly<Record<string, string>> = {
  efi: "application/efi",
  gz: "application/gzip",
  html: "text/html; charset=utf-8",
  ign: "application/json",
  ignition: "application/json",
  ipxe: "text/plain; charset=utf-8",
  iso: "application/x-iso9660-image",
  json: "application/json",
  sh: "text/plain; charset=utf-8",
  sig: "application/pgp-signature",
  txt: "text/plain; charset=utf-8",
  xml: "text/xml; charset=utf-8",
  xz: "application/x-xz",
  yaml: "application/yaml",
  zst: "application/zstd",
};

/**
 * The media type of a file name. Fixed, where others ask the host's mime tables: UEFI HTTP Boot takes
 * a loader only as `application/efi` or by its extension, and must get the same everywhere.
 */
export function contentTypeOf(file: string): string {
  const extension = /\.([^./]+)$/.exec(file)?.[1]?.toLowerCase() ?? "";
  return Object.hasOwn(Types, extension)
    ? (Types[extension] ?? "application/octet-stream")
    : "application/octet-stream";
}
