import {
  isTrueAt,
  numberAt,
  placeAt,
  type Reporter,
  type Struct,
  structAt,
  structsAt,
  textAt,
} from "../ignition-tree.ts";
import { cleanPath, pathTrouble } from "./path.ts";
import { checkResource } from "./resource.ts";

const permissionBits = 0o7777;
const specialBits = 0o7000;

/** Files, directories and links. */
export function checkNodes(storage: Struct, minor: number, reporter: Reporter): void {
  const links = structsAt(storage, "links");
  const linkPaths = new Set(links.map((one) => textAt(one, "path") ?? ""));
  const directories = new Set(structsAt(storage, "directories").map((one) => textAt(one, "path")));
  for (const name of ["directories", "files", "links"]) {
    for (const node of structsAt(storage, name)) {
      checkNode(node, reporter);
      checkParents(node, linkPaths, reporter);
    }
  }
  for (const file of structsAt(storage, "files")) checkFile(file, minor, reporter);
  for (const link of links) checkLink(link, directories, reporter);
}

function checkNode(node: Struct, reporter: Reporter): void {
  const trouble = pathTrouble(textAt(node, "path"));
  if (trouble !== undefined) reporter.error(placeAt(node, "path"), trouble);
  const mode = numberAt(node, "mode");
  if (mode !== undefined && (mode < 0 || mode > permissionBits)) {
    reporter.error(placeAt(node, "mode"), `want 0 to 07777 (${permissionBits}), got ${mode}`);
  } else if (mode !== undefined && (mode & specialBits) !== 0) {
    const message = "setuid, setgid and sticky bits have no effect before Ignition 3.6";
    reporter.warn(placeAt(node, "mode"), message);
  }
  for (const name of ["user", "group"]) {
    const owner = structAt(node, name);
    if (numberAt(owner, "id") !== undefined && textAt(owner, "name")) {
      reporter.error(owner.place, "want an id or a name, got both");
    }
  }
}

// Ignition would write through the link, out of where the configuration says.
function checkParents(node: Struct, links: ReadonlySet<string>, reporter: Reporter): void {
  const path = textAt(node, "path") ?? "";
  for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
    const above = path.slice(0, at);
    if (!links.has(above)) continue;
    reporter.error(node.place, `${path} leads through the link ${above}: write where it leads`);
  }
}

function checkFile(file: Struct, minor: number, reporter: Reporter): void {
  const contents = structAt(file, "contents");
  checkResource(contents, minor, reporter);
  for (const one of structsAt(file, "append")) checkResource(one, minor, reporter);
  if (isTrueAt(file, "overwrite") && textAt(contents, "source") === undefined) {
    reporter.error(placeAt(file, "overwrite"), "want contents with overwrite, got none");
  }
}

function checkLink(
  link: Struct,
  directories: ReadonlySet<string | undefined>,
  reporter: Reporter,
): void {
  const target = textAt(link, "target");
  if (!target) {
    reporter.error(placeAt(link, "target"), "want the target of the link, got none");
    return;
  }
  if (!isTrueAt(link, "hard")) return;
  const path = cleanPath(target.startsWith("/") ? target : `${textAt(link, "path")}/${target}`);
  if (directories.has(path)) {
    reporter.error(link.place, `want a file as target of a hard link, got the directory ${path}`);
  }
  for (const name of ["user", "group"]) {
    const owner = structAt(link, name);
    for (const part of ["id", "name"]) {
      if (!owner.members.has(part)) continue;
      reporter.warn(
        placeAt(owner, part),
        "a hard link has the owner of its target: this is ignored",
      );
    }
  }
}
