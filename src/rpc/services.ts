import { Code, ConnectError, type ConnectRouter, type ServiceImpl } from "@connectrpc/connect";
import { type Group, selectGroup } from "../boot/group.ts";
import type { Catalog, CatalogSnapshot } from "../store/catalog.ts";
import type { CatalogFolder, CatalogWriter } from "../store/file-writer.ts";
import { formatGroup, formatProfile } from "../store/format.ts";
import { refusedName } from "../store/name.ts";
import { bytesOf, expectDone, missingFile, unknown } from "./failure.ts";
import {
  formatGroupMessage,
  formatProfileMessage,
  parsePutGroup,
  parsePutProfile,
} from "./messages.ts";
import { Generic, Groups, Ignition, Profiles, Select } from "./proto/rpc_pb.ts";

/** The catalog as the services use it; `folder` is how error texts name its root. */
export type ServiceDeps = {
  readonly catalog: Catalog;
  readonly writer: CatalogWriter;
  readonly folder: string;
};

/** Adds the five services to a router. */
export function addServices(router: ConnectRouter, deps: ServiceDeps): void {
  router.service(Groups, groupsOf(deps));
  router.service(Profiles, profilesOf(deps));
  router.service(Ignition, ignitionOf(deps));
  router.service(Generic, genericOf(deps));
  router.service(Select, selectOf(deps));
}

function groupsOf({ catalog, writer, folder }: ServiceDeps): ServiceImpl<typeof Groups> {
  return {
    async groupPut(request) {
      const group = parsePutGroup(request.group);
      const bytes = Buffer.from(formatGroup(group));
      expectDone("open", await writer.put("groups", group.id, bytes));
      return {};
    },
    async groupGet({ id }) {
      const snapshot = await catalog.snapshot();
      const group = snapshot.groups.find(({ file }) => file === id);
      return { group: formatGroupMessage(group ?? absent(snapshot, `${folder}/groups`, id)) };
    },
    async groupDelete({ id }) {
      expectDone("remove", await writer.remove("groups", id));
      return {};
    },
    async groupList() {
      const { groups } = await catalog.snapshot();
      return { groups: groups.toSorted(byFile).map(formatGroupMessage) };
    },
  };
}

function profilesOf({ catalog, writer, folder }: ServiceDeps): ServiceImpl<typeof Profiles> {
  return {
    async profilePut(request) {
      const profile = parsePutProfile(request.profile);
      const bytes = Buffer.from(formatProfile(profile));
      expectDone("open", await writer.put("profiles", profile.id, bytes));
      return {};
    },
    async profileGet({ id }) {
      const snapshot = await catalog.snapshot();
      const profile = snapshot.profile(id) ?? absent(snapshot, `${folder}/profiles`, id);
      return { profile: formatProfileMessage(profile) };
    },
    async profileDelete({ id }) {
      expectDone("remove", await writer.remove("profiles", id));
      return {};
    },
    async profileList() {
      const { profiles } = await catalog.snapshot();
      return { profiles: profiles.toSorted(byFile).map(formatProfileMessage) };
    },
  };
}

function ignitionOf(deps: ServiceDeps): ServiceImpl<typeof Ignition> {
  return {
    ignitionPut: (request) => putFile(deps, "ignition", request),
    async ignitionGet({ name }) {
      const lookup = await deps.catalog.ignition(name);
      return { config: bytesOf(lookup, `${deps.folder}/ignition/${name}`) };
    },
    ignitionDelete: (request) => removeFile(deps, "ignition", request),
  };
}

function genericOf(deps: ServiceDeps): ServiceImpl<typeof Generic> {
  return {
    genericPut: (request) => putFile(deps, "generic", request),
    async genericGet({ name }) {
      const lookup = await deps.catalog.generic(name);
      return { config: bytesOf(lookup, `${deps.folder}/generic/${name}`) };
    },
    genericDelete: (request) => removeFile(deps, "generic", request),
  };
}

// The labels count as they were sent: unlike a query string's, a `mac` among them is not
// normalised.
function selectOf({ catalog }: ServiceDeps): ServiceImpl<typeof Select> {
  return {
    async selectGroup({ labels }) {
      return { group: formatGroupMessage(matching(labels, await catalog.snapshot())) };
    },
    async selectProfile({ labels }) {
      const snapshot = await catalog.snapshot();
      const profile = snapshot.profile(matching(labels, snapshot).profile);
      if (profile === undefined) throw notFound("matchbox: No matching Profile");
      return { profile: formatProfileMessage(profile) };
    },
  };
}

function matching(labels: Readonly<Record<string, string>>, { groups }: CatalogSnapshot): Group {
  const group = selectGroup(labels, groups);
  if (group === undefined) throw notFound("matchbox: No matching Group");
  return group;
}

async function putFile(
  { writer }: ServiceDeps,
  folder: CatalogFolder,
  { name, config }: { readonly name: string; readonly config: Uint8Array },
) {
  expectDone("open", await writer.put(folder, name, config));
  return {};
}

async function removeFile(
  { writer }: ServiceDeps,
  folder: CatalogFolder,
  { name }: { readonly name: string },
) {
  expectDone("remove", await writer.remove(folder, name));
  return {};
}

// What the catalog left out is there and broken; what it never saw is missing.
function absent({ problems }: CatalogSnapshot, folder: string, id: string): never {
  const refused = refusedName(id);
  if (refused !== undefined) throw unknown(`the name ${refused}`);
  const path = `${folder}/${id}.json`;
  const problem = problems.find(({ file }) => path.endsWith(`/${file}`));
  if (problem !== undefined) throw unknown(`${path}: ${problem.reason}`);
  throw unknown(`open ${path}: ${missingFile}`);
}

function byFile(a: { readonly file: string }, b: { readonly file: string }): number {
  return Buffer.compare(Buffer.from(a.file), Buffer.from(b.file));
}

function notFound(message: string): ConnectError {
  return new ConnectError(message, Code.NotFound);
}
