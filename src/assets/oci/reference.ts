/**
 * Container images, as OCI's image and distribution specifications have them: names, manifests, archives
 * and what a registry answers. The pure files decide; `oci-store.ts` keeps blobs by their SHA-256, the
 * archive's shells bring them in. Nothing is seen in the store before its digest was verified. What a
 * machine may do is read: there is no push, and no log-in.
 */
import { WireError } from "../../errors.ts";
import { type Digest, parseDigest } from "./digest.ts";

/** A repository of one registry: `quay.io` and `coreos/etcd`. */
export type RepositoryName = { readonly registry: string; readonly repository: string };

/** What names an image by tag, digest or both; with neither it names a repository. */
export type ImageReference = RepositoryName & {
  readonly tag?: string;
  readonly digest?: Digest;
};

/** Docker Hub, which a name without a registry means. */
export const dockerHub = "docker.io";

/** The grammar's own bound, of registry and repository together. */
const nameCharsMax = 255;

const Registry = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?$/;
const Component = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;
const Tag = /^\w[\w.-]{0,127}$/;

/** `busybox`, `quay.io/org/name:tag@sha256:…` → its parts as Docker reads them; throws `WireError`. */
export function parseReference(text: string): ImageReference {
  const name = parseImageName(text);
  return name.digest === undefined ? { ...name, tag: name.tag ?? "latest" } : name;
}

/** The same, but where no tag is written there is none. */
export function parseImageName(text: string): ImageReference {
  const { name, ...rest } = splitReference(text);
  return { ...parseRepository(name), ...rest };
}

/** `quay.io/org/name` → its parts; without a registry it is Docker Hub's. Throws `WireError`. */
function parseRepository(name: string): RepositoryName {
  const [first = "", ...rest] = name.split("/");
  const isNamed = rest.length > 0 && looksLikeRegistry(first);
  const registry = isNamed ? first.toLowerCase() : dockerHub;
  const repository = repositoryOn(registry, isNamed ? rest.join("/") : name);
  if (name.length > nameCharsMax || !isRepository(repository) || !isRegistry(registry)) {
    const want = "want an image like quay.io/org/name:tag";
    const message = `${want}, got "${name.slice(0, nameCharsMax)}"`;
    throw new WireError("wire.invalid", message, { field: "image", got: name });
  }
  return { registry, repository };
}

/** Docker Hub's own images are of `library`, though nobody writes it. */
export function repositoryOn(registry: string, repository: string): string {
  return registry === dockerHub && !repository.includes("/") ? `library/${repository}` : repository;
}

/** The reference in full, as it is shown and told. */
export function formatReference({ tag, digest, ...name }: ImageReference): string {
  const tagged = tag === undefined ? "" : `:${tag}`;
  return `${formatRepository(name)}${tagged}${digest === undefined ? "" : `@${digest}`}`;
}

/** Registry and repository as one name. */
export function formatRepository({ registry, repository }: RepositoryName): string {
  return `${registry}/${repository}`;
}

/** Docker's rule: a first part with a dot or a port is a host, and so is `localhost`. */
export function looksLikeRegistry(part: string): boolean {
  return part === "localhost" || /[.:]/.test(part);
}

export function isRegistry(text: string): boolean {
  return text.length <= nameCharsMax && Registry.test(text) && !text.includes("..");
}

export function isRepository(text: string): boolean {
  return text.length <= nameCharsMax && text.split("/").every((part) => Component.test(part));
}

export function isTag(text: string): boolean {
  return Tag.test(text);
}

function splitReference(text: string): { name: string; tag?: string; digest?: Digest } {
  const [before = "", digest, ...more] = text.split("@");
  if (more.length > 0) throw badTag(text);
  // A colon before a slash is a port.
  const colon = before.indexOf(":", before.lastIndexOf("/") + 1);
  const tag = colon < 0 ? undefined : before.slice(colon + 1);
  if (tag !== undefined && !isTag(tag)) throw badTag(text);
  return {
    name: colon < 0 ? before : before.slice(0, colon),
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest: parseDigest(digest) }),
  };
}

function badTag(text: string): WireError {
  const want = "want a tag of letters, digits, dots, dashes and underscores, at most 128";
  return new WireError("wire.invalid", `${want}, got "${text.slice(0, nameCharsMax)}"`, {
    field: "tag",
    got: text,
  });
}
