import type { HttpResource } from "../boot/event.ts";

/**
 * A request target → the same with a clean path: an absolute URL's origin left out, no empty, `.`
 * or `..` segments, the query untouched. Answered at once where others redirect: UEFI's HTTP
 * client follows no redirect, and a doubled slash is the commonest slip in a configured URL.
 */
export function cleanTarget(target: string): string {
  const [, path = "", query = ""] =
    /^(?:[a-z][a-z0-9+.-]*:\/\/[^/?]*)?([^?]*)(\?.*)?$/is.exec(target) ?? [];
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment);
  }
  const folder = segments.length > 0 && /\/(\.\.?)?$/.test(path) ? "/" : "";
  return `/${segments.join("/")}${folder}${query}`;
}

/** The query of a target, undecoded and without its `?`. */
export function queryOf(target: string): string {
  const start = target.indexOf("?");
  return start < 0 ? "" : target.slice(start + 1);
}

/** The path of a target, undecoded. */
export function pathOf(target: string): string {
  return target.split("?", 1)[0] ?? "";
}

/**
 * The file below `prefix` that a clean target names: decoded, and undefined if its escapes are bad
 * or it would leave the folder once decoded.
 */
export function fileBelow(prefix: string, target: string): string | undefined {
  const decoded = decode(pathOf(target));
  if (!decoded?.startsWith(prefix) || decoded.includes("\0")) return undefined;
  const file = decoded.slice(prefix.length);
  return file.split("/").includes("..") ? undefined : file;
}

const Resources: readonly (readonly [RegExp, HttpResource])[] = [
  [/^\/boot\.ipxe(\.0)?$/, "script"],
  [/^\/ipxe$/, "ipxe"],
  [/^\/grub$/, "grub"],
  [/^\/(loaders\/.*|autoexec\.ipxe)$/, "loader"],
  [/^\/assets\//, "asset"],
  [/^\/ignition$/, "ignition"],
  [/^\/cloud$/, "cloud"],
  [/^\/generic$/, "generic"],
  [/^\/metadata$/, "metadata"],
  [/^\/report$/, "report"],
  [/^\/v2\/.*\/manifests\/[^/]+$/, "manifest"],
  [/^\/v2\/.*\/blobs\/[^/]+$/, "blob"],
];

/** What a clean target asks for, for events and counters. */
export function resourceOf(target: string): HttpResource {
  const path = decode(pathOf(target)) ?? "";
  return Resources.find(([pattern]) => pattern.test(path))?.[1] ?? "other";
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined; // decodeURIComponent fails for bad escapes and bad UTF-8 alike, and only so
  }
}
