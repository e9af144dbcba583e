/**
 * gRPC: the write API of matchbox, the same services, messages and status codes, for the clients
 * that exist (Terraform's provider, bootcmd) and for our own commands. Who holds a client
 * certificate of the configured authority may read and write the whole catalog; nobody else gets
 * past the handshake. There is no plaintext mode. Nothing here knows a file: it reads through
 * `Catalog` and writes through `CatalogWriter`. Follows the gRPC over HTTP/2 protocol and the files
 * in `proto/`.
 */
import { create } from "@bufbuild/protobuf";
import type { Group } from "../boot/group.ts";
import type { Profile } from "../boot/profile.ts";
import { WireError } from "../errors.ts";
import { formatJson } from "../store/format.ts";
import { parseMetadata } from "../store/parse.ts";
import {
  type Group as GroupMessage,
  GroupSchema,
  NetBootSchema,
  type Profile as ProfileMessage,
  ProfileSchema,
} from "./proto/storage_pb.ts";

/** A group without the place it is kept in. */
export type GroupBody = Omit<Group, "file">;
/** A profile without the place it is kept in. */
export type ProfileBody = Omit<Profile, "file">;

/** A group as clients get it; metadata that is empty is no bytes at all. */
export function formatGroupMessage(group: GroupBody): GroupMessage {
  const { id, name, profile, selector, metadata } = group;
  const text = Object.keys(metadata).length === 0 ? "" : formatJson(metadata);
  const bytes = Buffer.from(text);
  return create(GroupSchema, { id, name, profile, selector: { ...selector }, metadata: bytes });
}

/** A group as a client sent it; throws `WireError` where its metadata is no JSON object. */
export function parseGroupMessage(message: GroupMessage): GroupBody {
  const { id, name, profile, selector, metadata } = message;
  const text = Buffer.from(metadata).toString("utf8");
  return { id, name, profile, selector, metadata: text === "" ? {} : parseMetadata(text) };
}

/** A profile as clients get it; `boot` is there if it was, even when nothing is in it. */
export function formatProfileMessage({ boot, ...profile }: ProfileBody): ProfileMessage {
  const { id, name, ignitionId, cloudId, genericId } = profile;
  return create(ProfileSchema, {
    ...{ id, name, ignitionId, cloudId, genericId },
    ...(boot !== undefined && {
      boot: create(NetBootSchema, { ...boot, initrd: [...boot.initrd], args: [...boot.args] }),
    }),
  });
}

/** A profile as a client sent it. */
export function parseProfileMessage(message: ProfileMessage): ProfileBody {
  const { id, name, ignitionId, cloudId, genericId, boot } = message;
  return {
    ...{ id, name, ignitionId, cloudId, genericId },
    ...(boot !== undefined && {
      boot: { kernel: boot.kernel, initrd: boot.initrd, args: boot.args },
    }),
  };
}

/** The group of a put, or a `WireError` in matchbox's words for what it lacks. */
export function parsePutGroup(message: GroupMessage | undefined): GroupBody {
  const group = parseGroupMessage(required(message, "group"));
  if (group.id === "") throw lacking("id", "Id is required");
  if (group.profile === "") throw lacking("profile", "Group requires a Profile");
  return group;
}

/** The profile of a put, or a `WireError`. */
export function parsePutProfile(message: ProfileMessage | undefined): ProfileBody {
  const profile = parseProfileMessage(required(message, "profile"));
  if (profile.id === "") throw lacking("id", "Id is required");
  return profile;
}

// The reference process ends here: it follows the pointer.
function required<T>(message: T | undefined, field: string): T {
  if (message !== undefined) return message;
  throw lacking(field, `want a ${field} in the request, got none`);
}

function lacking(field: string, message: string): WireError {
  return new WireError("wire.invalid", message, { field });
}
