/** What is known of the SHA-256 of one content. */
export type DigestNote =
  /** Nothing is on record of it. */
  | { readonly kind: "new" }
  /** It was fetched once. */
  | { readonly kind: "seen" }
  | { readonly kind: "waiting" }
  | { readonly kind: "known"; readonly sha256: string };

export type Sighting = { readonly compute: boolean; readonly note: DigestNote };

/** Contents whose digest is to be found out, one after the other. A crawler's others ask again. */
const waitingMax = 256;

/**
 * Somebody fetches a content of which `note` is known, while so many others wait for their digest. One that
 * is fetched once is not read for it: a digest costs more of the processor than sending the file.
 */
export function decideSighting(note: DigestNote | undefined, waiting: number): Sighting {
  if (note === undefined || note.kind === "new") return { compute: false, note: { kind: "seen" } };
  if (note.kind === "seen" && waiting < waitingMax) {
    return { compute: true, note: { kind: "waiting" } };
  }
  return { compute: false, note };
}

/** What of a file's state a stamp is made of. */
export type StampedState = {
  readonly [Name in "dev" | "ino" | "size" | "mtimeNs" | "ctimeNs"]: bigint;
};

/**
 * Differs for every other file and every other content of the same file. The time of the last change of its
 * state is in it, which no program can set: an edit that puts the old time back has another stamp too.
 */
export function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: StampedState): string {
  return [dev, ino, size, mtimeNs, ctimeNs].map((part) => part.toString(36)).join("-");
}
