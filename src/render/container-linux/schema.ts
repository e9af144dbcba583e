import type { Member, MemberType, Shape } from "../ignition-schema.ts";

const text = (name: string) => member(name, "string");
const integer = (name: string) => member(name, "integer");
const boolean = (name: string) => member(name, "boolean");
const texts = (name: string) => member(name, { list: "string" });
const object = (name: string, members: readonly Member[]) => member(name, { members });
const list = (name: string, members: readonly Member[]) => member(name, { list: { members } });

const verification = object("verification", [object("hash", [text("function"), text("sum")])]);
const reference = [text("source"), verification];
const owner = [integer("id"), text("name")];
const node = [
  text("filesystem"),
  text("path"),
  object("user", owner),
  object("group", owner),
  boolean("overwrite"),
];
const remote = [text("url"), text("compression"), verification];
const contents = object("contents", [text("inline"), text("local"), object("remote", remote)]);
const partition = [
  text("label"),
  integer("number"),
  text("size"),
  text("start"),
  text("guid"),
  text("typeGuid"),
];
const mount = [
  text("device"),
  text("format"),
  boolean("wipeFilesystem"),
  text("label"),
  text("uuid"),
  texts("options"),
  object("create", [boolean("force"), texts("options")]),
];
const dropins = list("dropins", [text("name"), text("contents")]);
const unit = [text("name"), text("contents"), dropins];
const user = [
  text("name"),
  text("passwordHash"),
  texts("sshAuthorizedKeys"),
  integer("uid"),
  text("gecos"),
  text("homeDir"),
  boolean("noCreateHome"),
  text("primaryGroup"),
  texts("groups"),
  boolean("noUserGroup"),
  boolean("system"),
  boolean("noLogInit"),
  text("shell"),
];

/** What of Container Linux Config is translated, with the members of Ignition 2.3. */
export const ContainerLinuxShape: Shape = {
  members: [
    object("ignition", [
      object("config", [list("append", reference), object("replace", reference)]),
      object("security", [object("tls", [list("certificateAuthorities", reference)])]),
      object("timeouts", [integer("httpResponseHeaders"), integer("httpTotal")]),
    ]),
    object("storage", [
      list("disks", [text("device"), boolean("wipeTable"), list("partitions", partition)]),
      list("raid", [
        text("name"),
        text("level"),
        texts("devices"),
        integer("spares"),
        texts("options"),
      ]),
      list("filesystems", [text("name"), object("mount", mount), text("path")]),
      list("files", [...node, contents, integer("mode"), boolean("append")]),
      list("directories", [...node, integer("mode")]),
      list("links", [...node, boolean("hard"), text("target")]),
    ]),
    object("systemd", [
      list("units", [...unit, boolean("enable"), boolean("enabled"), boolean("mask")]),
    ]),
    object("networkd", [list("units", unit)]),
    object("passwd", [
      list("users", user),
      list("groups", [text("name"), integer("gid"), text("passwordHash"), boolean("system")]),
    ]),
  ],
};

function member(name: string, type: MemberType): Member {
  return { name, type, since: 0 };
}
