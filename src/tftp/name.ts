/** What a client's file name means, or why it means nothing. */
export type RequestedName =
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "refused"; readonly reason: NameRefusal };

export type NameRefusal = "empty-name" | "name-too-long" | "parent-folder" | "hidden" | "not-ascii";

/** The longest path served; a DHCP `file` field holds 127, option 67 holds 255. */
export const nameLimit = 255;

/**
 * A clean virtual path out of the name a client sent: segments joined by single slashes, no slash
 * in front, nothing hidden, no way up. It is a name in a tree of names and was never near a file
 * system.
 */
export function cleanName(raw: string): RequestedName {
  const text = withoutTail(raw)
    .replaceAll("\\", "/")
    .replace(/^tftp:\/\/[^/]*\//i, "")
    .replace(/^\d+\.\d+\.\d+\.\d+::?/, ""); // PXELINUX: server::file
  const segments = text.split("/").filter((segment) => segment !== "" && segment !== ".");
  const path = segments.join("/");
  if (path === "") return { kind: "refused", reason: "empty-name" };
  if (path.length > nameLimit) return { kind: "refused", reason: "name-too-long" };
  if (!/^[\x20-\x7e]+$/.test(path)) return { kind: "refused", reason: "not-ascii" };
  if (segments.includes("..")) return { kind: "refused", reason: "parent-folder" };
  if (segments.some((segment) => segment.startsWith("."))) {
    return { kind: "refused", reason: "hidden" };
  }
  return { kind: "path", path };
}

/**
 * The names to try for a clean path, best first: as it is; without the boot layer `.0` that PXE
 * ROMs append; without a server address in front, or the folder that a Raspberry Pi names after
 * itself; and each of these in lower case.
 */
export function candidateNames(path: string): readonly string[] {
  const withoutServer = path.replace(/^\d+\.\d+\.\d+\.\d+\/(?=.)/, "").replace(PiFolder, "");
  const spelled = [path, withoutServer].flatMap((name) => [name, name.replace(/(?<=.)\.0$/, "")]);
  return [...new Set([...spelled, ...spelled.map((name) => name.toLowerCase())])];
}

// The board's serial number, or its address where its TFTP_PREFIX is 2.
const PiFolder = /^(?:[0-9a-f]{8}|(?:[0-9a-f]{2}-){5}[0-9a-f]{2})\/(?=.)/;

// Old ROMs take option 67 as a C string though it has no NUL: 0xff (the end of the options) or what
// lies behind it ends up in the name.
function withoutTail(raw: string): string {
  const nul = raw.indexOf("\0");
  const cut = nul < 0 ? raw : raw.slice(0, nul);
  let end = cut.length;
  while (end > 0 && !isPrintable(cut.charCodeAt(end - 1))) end -= 1;
  return cut.slice(0, end);
}

function isPrintable(code: number): boolean {
  return code > 0x20 && code < 0x7f;
}
