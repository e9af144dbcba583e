/**
 * The objects of Ignition 3.x and of Butane's base as tables, members in the order in which the
 * reference encodes them. One table serves all versions: a member says since which minor version
 * it exists. Butane spells the same names in snake_case and knows a few more.
 */

/** What a member holds. */
export type MemberType =
  | "string"
  | "integer"
  | "boolean"
  | { readonly list: MemberType; readonly key?: ListKey }
  | Shape;

/** How items of a list are told apart when lists are merged or searched for duplicates. */
export type ListKey =
  /** Not at all: lists are appended, the same item may stand twice. */
  | "none"
  /** By one member of each item; `partition` means the number, or the label without one. */
  | "name"
  | "path"
  | "device"
  | "url"
  | "source"
  | "partition";

export type Member = {
  readonly name: string;
  readonly type: MemberType;
  /** First minor version of Ignition 3 that has it. */
  readonly since: number;
  /** Written even when empty; its text is then "". */
  readonly required?: true;
  /** Known to one of the two languages only. */
  readonly only?: "butane" | "ignition";
  /** Zero means the same as absent. */
  readonly zeroAbsent?: true;
};

/** An object with its members. */
export type Shape = {
  readonly members: readonly Member[];
  /** Lists that share their keys: a path is a file or a link, never both. */
  readonly sharedKeys?: readonly string[];
};

type Extra = Partial<Omit<Member, "name" | "type">>;

const string = (name: string, extra: Extra = {}) => member(name, "string", extra);
const integer = (name: string, extra: Extra = {}) => member(name, "integer", extra);
const boolean = (name: string, extra: Extra = {}) => member(name, "boolean", extra);
const object = (name: string, shape: Shape, extra: Extra = {}) => member(name, shape, extra);
const strings = (name: string, extra: Extra & { key?: ListKey } = {}) =>
  list(name, "string", extra);
const required: Extra = { required: true };
const sugar = (since: number): Extra => ({ since, only: "butane" });

const Verification: Shape = { members: [string("hash")] };
const HttpHeader: Shape = { members: [string("name", required), string("value")] };

/** What a file holds and where it comes from. */
const Resource: Shape = {
  members: [
    string("compression"),
    list("httpHeaders", HttpHeader, { since: 1, key: "name" }),
    string("source"),
    object("verification", Verification),
    string("inline", sugar(0)),
    string("local", sugar(1)),
  ],
};

/** The same for another configuration or a certificate, which 3.0 could only name by URL. */
const Reference: Shape = {
  members: Resource.members.map((one) =>
    one.name === "compression" || one.name === "inline" ? { ...one, since: 1 } : one,
  ),
};

const Owner: Shape = { members: [integer("id"), string("name")] };
const Node = [
  object("group", Owner),
  boolean("overwrite"),
  string("path", required),
  object("user", Owner),
];

const Partition: Shape = {
  members: [
    string("guid"),
    string("label"),
    integer("number", { zeroAbsent: true }),
    boolean("resize", { since: 2 }),
    boolean("shouldExist"),
    integer("sizeMiB"),
    integer("startMiB"),
    string("typeGuid"),
    boolean("wipePartitionEntry"),
  ],
};

const Disk: Shape = {
  members: [
    string("device", required),
    list("partitions", Partition, { key: "partition" }),
    boolean("wipeTable"),
  ],
};

const Tang: Shape = {
  members: [
    string("advertisement", { since: 4 }),
    string("thumbprint"),
    string("url", { zeroAbsent: true }),
  ],
};

const Cex: Shape = { members: [boolean("enabled")] };

const Clevis: Shape = {
  members: [
    object("custom", { members: [string("config"), boolean("needsNetwork"), string("pin")] }),
    list("tang", Tang, { key: "url" }),
    integer("threshold"),
    boolean("tpm2"),
  ],
};

const Luks: Shape = {
  members: [
    object("cex", Cex, { since: 5 }),
    object("clevis", Clevis),
    string("device"),
    boolean("discard", { since: 4 }),
    object("keyFile", Resource),
    string("label"),
    string("name", required),
    strings("openOptions", { since: 4 }),
    strings("options", { key: "none" }),
    string("uuid"),
    boolean("wipeVolume"),
  ],
};

const Filesystem: Shape = {
  members: [
    string("device", required),
    string("format"),
    string("label"),
    strings("mountOptions", { since: 1, key: "none" }),
    strings("options", { key: "none" }),
    string("path"),
    string("uuid"),
    boolean("wipeFilesystem"),
    boolean("withMountUnit", sugar(1)),
  ],
};

const Raid: Shape = {
  members: [
    strings("devices"),
    string("level"),
    string("name", required),
    strings("options", { key: "none" }),
    integer("spares"),
  ],
};

const File: Shape = {
  members: [
    ...Node,
    list("append", Resource, { key: "none" }),
    object("contents", Resource),
    integer("mode"),
  ],
};

const Storage: Shape = {
  members: [
    list("directories", { members: [...Node, integer("mode")] }, { key: "path" }),
    list("disks", Disk, { key: "device" }),
    list("files", File, { key: "path" }),
    list("filesystems", Filesystem, { key: "device" }),
    list("links", { members: [...Node, boolean("hard"), string("target")] }, { key: "path" }),
    list("luks", Luks, { since: 2, key: "name" }),
    list("raid", Raid, { key: "name" }),
    list("trees", { members: [string("local"), string("path")] }, { ...sugar(1), key: "none" }),
  ],
  sharedKeys: ["directories", "files", "links"],
};

const User: Shape = {
  members: [
    string("gecos"),
    strings("groups"),
    string("homeDir"),
    string("name", required),
    boolean("noCreateHome"),
    boolean("noLogInit"),
    boolean("noUserGroup"),
    string("passwordHash"),
    string("primaryGroup"),
    strings("sshAuthorizedKeys"),
    strings("sshAuthorizedKeysLocal", { ...sugar(4), key: "none" }),
    string("shell"),
    boolean("shouldExist", { since: 2 }),
    boolean("system"),
    integer("uid"),
  ],
};

const Group: Shape = {
  members: [
    integer("gid"),
    string("name", required),
    string("passwordHash"),
    boolean("shouldExist", { since: 2 }),
    boolean("system"),
  ],
};

const Dropin: Shape = {
  members: [string("contents"), string("contentsLocal", sugar(4)), string("name", required)],
};

const Unit: Shape = {
  members: [
    string("contents"),
    string("contentsLocal", sugar(4)),
    list("dropins", Dropin, { key: "name" }),
    boolean("enabled"),
    boolean("mask"),
    string("name", required),
  ],
};

const ProxySection: Shape = {
  members: [string("httpProxy"), string("httpsProxy"), strings("noProxy")],
};

const IgnitionSection: Shape = {
  members: [
    object("config", {
      members: [list("merge", Reference, { key: "source" }), object("replace", Reference)],
    }),
    object("proxy", ProxySection, { since: 1 }),
    object("security", {
      members: [
        object("tls", {
          members: [list("certificateAuthorities", Reference, { key: "source" })],
        }),
      ],
    }),
    object("timeouts", { members: [integer("httpResponseHeaders"), integer("httpTotal")] }),
    string("version", { required: true, only: "ignition" }),
  ],
};

/** A whole configuration. */
export const ConfigShape: Shape = {
  members: [
    object("ignition", IgnitionSection, required),
    object(
      "kernelArguments",
      {
        members: [strings("shouldExist"), strings("shouldNotExist")],
        sharedKeys: ["shouldExist", "shouldNotExist"],
      },
      { since: 3 },
    ),
    object("passwd", {
      members: [list("groups", Group, { key: "name" }), list("users", User, { key: "name" })],
    }),
    object("storage", Storage),
    object("systemd", { members: [list("units", Unit, { key: "name" })] }),
  ],
};

/** What only Butane has: layouts of the boot disk and users of the boot loader. */
export const BootDeviceShape: Shape = {
  members: [
    string("layout"),
    object("luks", {
      members: [
        object("cex", Cex, { since: 5 }),
        string("device", { since: 5 }),
        boolean("discard", { since: 4 }),
        list("tang", Tang, { key: "url" }),
        integer("threshold"),
        boolean("tpm2"),
      ],
    }),
    object("mirror", { members: [strings("devices", { key: "none" })] }),
  ],
};

export const GrubShape: Shape = {
  members: [list("users", { members: [string("name"), string("passwordHash")] }, { key: "none" })],
};

/** Is this type an object, and not a leaf or a list? */
export function isShape(type: MemberType): type is Shape {
  return typeof type === "object" && "members" in type;
}

/** The members that a language knows at a minor version of Ignition 3. */
export function membersOf(
  shape: Shape,
  language: "butane" | "ignition",
  minor: number,
): readonly Member[] {
  return shape.members.filter((one) => (one.only ?? language) === language && one.since <= minor);
}

/** Butane's spelling: `sizeMiB` is `size_mib`. */
export function snakeCase(name: string): string {
  return name.replace(/MiB|[A-Z]/g, (upper) => `_${upper.toLowerCase()}`);
}

function list(name: string, type: MemberType, { key, ...extra }: Extra & { key?: ListKey }) {
  return member(name, key === undefined ? { list: type } : { list: type, key }, extra);
}

function member(name: string, type: MemberType, extra: Extra): Member {
  return { name, type, since: 0, ...extra };
}
