import { badArchive } from "./archive.ts";

/** Longer names are none of an image. */
const nameCharsMax = 1024;

/** A file's name in an archive, without `./` before it; one that leaves the archive is refused. */
export function cleanName(name: string): string {
  const parts = name.split("/").filter((part, at) => part !== "." && !(part === "" && at > 0));
  const isHostile = parts[0] === "" || parts.includes("..") || name.includes("\0");
  if (isHostile || parts.length === 0 || name.length > nameCharsMax) {
    throw badArchive(`the archive has a file named ${JSON.stringify(name.slice(0, 100))}: refused`);
  }
  return parts.join("/");
}

/** Where a symbolic link of this name leads, as a name of the archive. */
export function linkTarget(name: string, link: string): string {
  const folder = name.split("/").slice(0, -1);
  if (link.startsWith("/")) throw outside(name, link);
  for (const part of link.split("/")) {
    if (part !== "..") folder.push(part);
    else if (folder.pop() === undefined) throw outside(name, link);
  }
  return cleanName(folder.join("/"));
}

function outside(name: string, link: string): Error {
  return badArchive(
    `${name} is a link out of the archive, to ${JSON.stringify(link.slice(0, 100))}: refused`,
  );
}
