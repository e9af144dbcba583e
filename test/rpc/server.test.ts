import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { Code, ConnectError } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeAuthority, makeLeaves } from "../../src/rpc/credential-set.ts";
import { Generic, Groups, Ignition, Profiles, Select } from "../../src/rpc/proto/rpc_pb.ts";
import { credentialsOf, openRpcRig, type RpcRig } from "../support/rpc-rig.ts";

let rig: RpcRig;
beforeEach(async () => {
  rig = await openRpcRig();
});
afterEach(() => rig[Symbol.asyncDispose]());

/** The status and text a call failed with; the folder's path reads `<root>`. */
async function failure(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error === undefined) return "OK";
  const { code, rawMessage } = ConnectError.from(error);
  return `${Code[code]} ${rawMessage.replaceAll(rig.folder, "<root>")}`;
}

const bytes = (text: string) => Buffer.from(text);
const text = (some: Uint8Array | undefined) => Buffer.from(some ?? []).toString("utf8");

describe("Groups", () => {
  it("writes a group as matchbox does and gives it back", async () => {
    const groups = rig.connect(Groups);
    const metadata = bytes('{"z":1.50, "a":{"big":12345678901234567890,"x":"<&>"}}');
    const selector = { os: "installed", mac: "52-54-00-AA-BB-CC" };
    await groups.groupPut({ group: { id: "node1", profile: "worker", selector, metadata } });
    const { a, z } = { a: '"big": 12345678901234567000', z: '"z": 1.5' };
    expect(await rig.read("groups/node1.json")).toBe(
      [
        '{\n\t"id": "node1",\n\t"profile": "worker",',
        '\t"selector": {\n\t\t"mac": "52-54-00-AA-BB-CC",\n\t\t"os": "installed"\n\t},',
        `\t"metadata": {\n\t\t"a": {\n\t\t\t${a},`,
        `\t\t\t"x": "\\u003c\\u0026\\u003e"\n\t\t},\n\t\t${z}\n\t}\n}`,
      ].join("\n"),
    );
    const { group } = await groups.groupGet({ id: "node1" });
    expect(group).toMatchObject({
      ...{ id: "node1", name: "", profile: "worker" },
      selector: { os: "installed", mac: "52:54:00:aa:bb:cc" },
    });
    expect(text(group?.metadata)).toBe(
      '{"a":{"big":12345678901234567000,"x":"\\u003c\\u0026\\u003e"},"z":1.5}',
    );
  });

  it.each(["", "null", "{}"])("takes the metadata '%s' for none", async (given) => {
    const groups = rig.connect(Groups);
    await groups.groupPut({ group: { id: "g", profile: "p", metadata: bytes(given) } });
    expect(await rig.read("groups/g.json")).toBe('{\n\t"id": "g",\n\t"profile": "p"\n}');
    expect((await groups.groupGet({ id: "g" })).group?.metadata).toHaveLength(0);
  });

  it("replaces the whole object and lists by file name, broken files left out", async () => {
    const groups = rig.connect(Groups);
    for (const id of ["b", "a", "b"]) {
      await groups.groupPut({ group: { id, profile: `for-${id}`, name: "first" } });
    }
    await groups.groupPut({ group: { id: "b", profile: "again" } });
    await groups.groupPut({ group: { id: "bad", profile: "p", selector: { mac: "zz" } } });
    await rig.write("groups/c.json", "{");
    const { groups: list } = await groups.groupList({});
    expect(list.map(({ id, profile, name }) => [id, profile, name])).toEqual([
      ["a", "for-a", "first"],
      ["b", "again", ""],
    ]);
    expect((await readdir(`${rig.folder}/groups`)).sort()).toEqual(
      ["a.json", "b.json", "bad.json", "c.json"].sort(),
    );
  });

  it("deletes", async () => {
    const groups = rig.connect(Groups);
    await groups.groupPut({ group: { id: "g", profile: "p" } });
    await groups.groupDelete({ id: "g" });
    const missing = "<root>/groups/g.json: no such file or directory";
    expect(await failure(groups.groupGet({ id: "g" }))).toBe(`Unknown open ${missing}`);
    expect(await failure(groups.groupDelete({ id: "g" }))).toBe(`Unknown remove ${missing}`);
    expect((await groups.groupList({})).groups).toEqual([]);
  });

  const refusals = [
    { name: "no group", group: undefined, want: "want a group in the request, got none" },
    { name: "no id", group: { profile: "p" }, want: "Id is required" },
    { name: "no profile", group: { id: "g" }, want: "Group requires a Profile" },
    {
      name: "metadata that is a list",
      group: { id: "g", profile: "p", metadata: bytes("[]") },
      want: "want an object, got list",
    },
    {
      name: "metadata that is no JSON",
      group: { id: "g", profile: "p", metadata: bytes("{]") },
      want: 'want a key in quotes, got "]"',
    },
    {
      name: "an id that leaves the folder",
      group: { id: "../profiles/evil", profile: "p" },
      want: "the name leaves its folder",
    },
    { name: "the id ..", group: { id: "..", profile: "p" }, want: "the name names no file" },
    { name: "a NUL", group: { id: "a\0b", profile: "p" }, want: "the name holds a NUL" },
    {
      name: "an id too long for a file",
      group: { id: "x".repeat(255), profile: "p" },
      want: `open <root>/groups/${"x".repeat(255)}.json: file name too long`,
    },
  ];
  it.each(refusals)("refuses $name", async ({ group, want }) => {
    const request = group === undefined ? {} : { group };
    const call = rig.connect(Groups).groupPut(request);
    expect(await failure(call)).toBe(`Unknown ${want}`);
    const found = await readdir(`${rig.folder}/groups`).catch(() => []);
    expect(found).toEqual([]);
  });

  it.each([
    {
      id: "bad",
      want: 'Unknown <root>/groups/bad.json: want a MAC address for selector "mac", got "zz"',
    },
    { id: "../x", want: "Unknown the name leaves its folder" },
    { id: "", want: "Unknown the name names no file" },
  ])("tells why '$id' cannot be had", async ({ id, want }) => {
    await rig.write("groups/bad.json", '{"selector":{"mac":"zz"}}');
    expect(await failure(rig.connect(Groups).groupGet({ id }))).toBe(want);
  });
});

describe("Profiles", () => {
  const boot = { kernel: "/k", initrd: ["--name a /i", "/j"], args: ["a=b&c", "d"] };

  it("writes a profile as matchbox does and gives it back", async () => {
    const profiles = rig.connect(Profiles);
    const ids = { ignitionId: "w.ign", cloudId: "c", genericId: "g" };
    await profiles.profilePut({ profile: { id: "w", name: "Worker", ...ids, boot } });
    expect(await rig.read("profiles/w.json")).toBe(
      [
        '{\n\t"id": "w",\n\t"name": "Worker",\n\t"ignition_id": "w.ign",\n\t"cloud_id": "c",',
        '\t"boot": {\n\t\t"kernel": "/k",\n\t\t"initrd": [\n\t\t\t"--name a /i",\n\t\t\t"/j"\n\t\t],',
        '\t\t"args": [\n\t\t\t"a=b\\u0026c",\n\t\t\t"d"\n\t\t]\n\t},\n\t"generic_id": "g"\n}',
      ].join("\n"),
    );
    const { profile } = await profiles.profileGet({ id: "w" });
    expect(profile).toMatchObject({ id: "w", name: "Worker", ...ids, boot });
  });

  it("tells an empty boot from none", async () => {
    const profiles = rig.connect(Profiles);
    await profiles.profilePut({ profile: { id: "empty", boot: {} } });
    await profiles.profilePut({ profile: { id: "none" } });
    expect(await rig.read("profiles/empty.json")).toBe('{\n\t"id": "empty",\n\t"boot": {}\n}');
    const { profiles: list } = await profiles.profileList({});
    expect(list.map(({ id, boot: got }) => [id, got?.kernel])).toEqual([
      ["empty", ""],
      ["none", undefined],
    ]);
  });

  it("refuses what has no id, and deletes", async () => {
    const profiles = rig.connect(Profiles);
    const none = "Unknown want a profile in the request, got none";
    expect(await failure(profiles.profilePut({}))).toBe(none);
    expect(await failure(profiles.profilePut({ profile: {} }))).toBe("Unknown Id is required");
    await profiles.profilePut({ profile: { id: "p" } });
    await profiles.profileDelete({ id: "p" });
    const missing = "<root>/profiles/p.json: no such file or directory";
    expect(await failure(profiles.profileGet({ id: "p" }))).toBe(`Unknown open ${missing}`);
    expect(await failure(profiles.profileDelete({ id: "p" }))).toBe(`Unknown remove ${missing}`);
  });
});

describe.each(["ignition", "generic"] as const)("%s", (folder) => {
  // The services differ in names only.
  const calls = () => {
    const [ignition, generic] = [rig.connect(Ignition), rig.connect(Generic)];
    return folder === "ignition"
      ? { put: ignition.ignitionPut, get: ignition.ignitionGet, remove: ignition.ignitionDelete }
      : { put: generic.genericPut, get: generic.genericGet, remove: generic.genericDelete };
  };

  it("keeps any bytes exactly", async () => {
    const { put, get } = calls();
    const config = randomBytes(100_000);
    await put({ name: "any", config });
    expect(Buffer.from((await get({ name: "any" })).config).equals(config)).toBe(true);
    await put({ name: "any", config: new Uint8Array() });
    expect((await get({ name: "any" })).config).toHaveLength(0);
  });

  it("tells what is missing and refuses what leaves the folder", async () => {
    const { put, get, remove } = calls();
    const missing = `<root>/${folder}/x: no such file or directory`;
    expect(await failure(get({ name: "x" }))).toBe(`Unknown open ${missing}`);
    expect(await failure(remove({ name: "x" }))).toBe(`Unknown remove ${missing}`);
    const config = bytes("x");
    expect(await failure(put({ name: "../x", config }))).toBe("Unknown the name leaves its folder");
    expect(await failure(remove({ name: "../x" }))).toBe("Unknown the name leaves its folder");
    await put({ name: "x", config });
    await remove({ name: "x" });
    expect(await failure(get({ name: "x" }))).toBe(`Unknown open ${missing}`);
  });
});

describe("Select", () => {
  beforeEach(async () => {
    await rig.write("groups/m.json", '{"profile":"p","selector":{"mac":"52:54:00:aa:bb:cc"}}');
    await rig.write("groups/gone.json", '{"profile":"gone","selector":{"os":"x"}}');
    await rig.write("profiles/p.json", '{"id":"inner","boot":{}}');
  });
  const mac = "52:54:00:aa:bb:cc";
  it.each([
    { name: "by labels", labels: { mac, extra: "1" }, group: "p", profile: "inner" },
    {
      name: "by labels as they were sent",
      labels: { mac: mac.toUpperCase() },
      group: "NotFound matchbox: No matching Group",
      profile: "NotFound matchbox: No matching Group",
    },
    {
      name: "a group whose profile is gone",
      labels: { os: "x" },
      group: "gone",
      profile: "NotFound matchbox: No matching Profile",
    },
  ])("selects $name", async ({ labels, group, profile }) => {
    const select = rig.connect(Select);
    const one = select.selectGroup({ labels });
    expect(
      await one.then(
        (found) => found.group?.profile,
        () => failure(one),
      ),
    ).toBe(group);
    const two = select.selectProfile({ labels });
    expect(
      await two.then(
        (found) => found.profile?.id,
        () => failure(two),
      ),
    ).toBe(profile);
  });
});

it("takes messages up to 4 MiB", async () => {
  const ignition = rig.connect(Ignition);
  const most = (4 << 20) - 11; // tags and lengths of the two fields, and the name
  await ignition.ignitionPut({ name: "fits", config: Buffer.alloc(most) });
  const over = ignition.ignitionPut({ name: "over", config: Buffer.alloc(most + 1) });
  expect(await failure(over)).toMatch(/^ResourceExhausted /);
  expect(await readdir(`${rig.folder}/ignition`)).toEqual(["fits"]);
});

it("writes one line a call, with who called", async () => {
  const groups = rig.connect(Groups);
  await groups.groupPut({ group: { id: "g", profile: "p" } });
  await failure(groups.groupDelete({ id: "x" }));
  const method = (name: string) => `rpcpb.Groups/${name}`;
  expect(rig.lines).toMatchObject([
    {
      message: "rpc call",
      fields: { method: method("GroupPut"), client: "kindling client", code: "OK" },
    },
    { message: "rpc call", fields: { method: method("GroupDelete"), code: "Unknown" } },
  ]);
});

describe("the Terraform provider's calls", () => {
  it("find nothing changed, twice over", async () => {
    const [profiles, groups] = [rig.connect(Profiles), rig.connect(Groups)];
    const [ignition, generic] = [rig.connect(Ignition), rig.connect(Generic)];
    const config = randomBytes(3000);
    const boot = { kernel: "/assets/k", initrd: ["/assets/i"], args: ["console=ttyS0"] };
    const profile = { id: "w", ignitionId: "w.ign", genericId: "w", boot };
    const selector = { mac: "52:54:00:aa:bb:cc", os: "installed" };
    const metadata = bytes('{"a":"1","b":"2"}');
    const digest = (some: Uint8Array) => createHash("sha256").update(some).digest("hex");
    for (const _round of [1, 2]) {
      await profiles.profilePut({ profile });
      await ignition.ignitionPut({ name: "w.ign", config });
      await generic.genericPut({ name: "w", config });
      await groups.groupPut({ group: { id: "g", profile: "w", selector, metadata } });
      await groups.groupPut({ group: { id: "bare", profile: "w", metadata: bytes("{}") } });
      for (const _refresh of [1, 2]) {
        expect((await profiles.profileGet({ id: "w" })).profile).toMatchObject(profile);
        const read = [
          await ignition.ignitionGet({ name: "w.ign" }),
          await generic.genericGet({ name: "w" }),
        ];
        expect(read.map((one) => digest(one.config))).toEqual([digest(config), digest(config)]);
        const { group } = await groups.groupGet({ id: "g" });
        expect(group).toMatchObject({ selector, profile: "w" });
        expect(text(group?.metadata)).toBe(metadata.toString());
        expect((await groups.groupGet({ id: "bare" })).group?.metadata).toHaveLength(0);
      }
      await groups.groupDelete({ id: "g" });
      await groups.groupDelete({ id: "bare" });
      await profiles.profileDelete({ id: "w" });
      await ignition.ignitionDelete({ name: "w.ign" });
      await generic.genericDelete({ name: "w" });
    }
  });
});

describe("the handshake", () => {
  /** "open" if the server lets this client in, or how it was turned away. */
  async function dial(options: ConnectionOptions): Promise<string> {
    const { signal } = new AbortController();
    const ca = rig.authority.cert;
    const socket = connectTls({
      host: "127.0.0.1",
      port: rig.port,
      ca,
      ALPNProtocols: ["h2"],
      ...options,
    });
    try {
      await once(socket, "secureConnect", { signal });
      // TLS 1.3 tells the client nothing of its certificate: the server's first frame does, or the
      // end.
      const first = await Promise.race([once(socket, "data"), once(socket, "close")]);
      return Buffer.isBuffer(first[0]) ? `open ${socket.getProtocol()}` : "closed";
    } catch (error) {
      return error instanceof Error && "code" in error ? String(error.code) : String(error);
    } finally {
      socket.destroy();
    }
  }
  const ours = () => credentialsOf(rig.authority, rig.client);

  it.each(["TLSv1.2", "TLSv1.3"] as const)("lets a client in by %s", async (maxVersion) => {
    expect(await dial({ ...ours(), maxVersion })).toBe(`open ${maxVersion}`);
  });

  it("turns away who has no certificate, another CA's or a server's", async () => {
    const now = Date.now();
    const other = await makeAuthority(now);
    const foreign = (await makeLeaves(other, { names: [], now, days: 1 })).client;
    const old = (await makeLeaves(rig.authority, { names: [], now: now - 9e7, days: 1 })).client;
    const cases = [
      { pair: undefined, reason: /UNABLE_TO_GET_ISSUER_CERT|peer did not return/i },
      { pair: foreign, reason: /UNABLE_TO_VERIFY_LEAF_SIGNATURE|SIGNATURE/ },
      { pair: rig.server, reason: /INVALID_PURPOSE/ },
      { pair: old, reason: /CERT_HAS_EXPIRED/ },
    ];
    for (const { pair, reason } of cases) {
      for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
        const options = pair === undefined ? {} : credentialsOf(rig.authority, pair);
        expect(await dial({ ...options, maxVersion })).toMatch(/closed|ECONNRESET|ALERT/);
      }
      expect(rig.lines.at(-1)).toMatchObject({ message: "rpc client refused" });
      expect(String(rig.lines.at(-1)?.fields["reason"])).toMatch(reason);
    }
  });

  it("speaks no TLS 1.1 and no suite without AES-GCM", async () => {
    const ciphers = "DEFAULT@SECLEVEL=0";
    const old = { ...ours(), minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers } as const;
    expect(await dial(old)).toMatch(/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/);
    const cbc = { ...ours(), maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-SHA256" } as const;
    expect(await dial(cbc)).toMatch(/HANDSHAKE_FAILURE/);
  });
});
