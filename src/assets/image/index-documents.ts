import { KindlingError } from "../../errors.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Fetcher } from "./fetch.ts";
import type { Documents, DocumentWish, ImageWish, Release, Resolution } from "./image.ts";
import type { ManifestDocument } from "./manifest.ts";
import { type MirrorUrl, safeUrls, urlsOf } from "./mirrors.ts";
import type { Recipe } from "./recipe.ts";
import { resolveImage } from "./resolve.ts";
import { Digests, type OpenSignature } from "./verify.ts";
import { openSignatureOf, type Trust, vouchForDocument } from "./vouch.ts";

/** A file of proof: its place below the folder of proofs, and its bytes. */
export type ProofFile = { readonly file: string; readonly bytes: Uint8Array };

/** A release, and the documents that it was found by. */
export type FoundRelease = {
  readonly release: Release;
  readonly documents: readonly ManifestDocument[];
  readonly proofs: readonly ProofFile[];
};

export type IndexDeps = {
  readonly fetcher: Pick<Fetcher, "document">;
  readonly trust: Trust;
  readonly clock: Clock;
};

/** The largest index that is read is Debian's InRelease, some 150 KiB; GitHub's answers may have more. */
const documentBytesMax = 16 << 20;
const signatureBytesMax = 256 * 1024;
/** No upstream needs more than three. */
const roundsMax = 8;

/** Reads an upstream's index and all that vouches for it until there is a release; throws where there is none. */
export async function findRelease(
  recipe: Recipe,
  wish: ImageWish,
  deps: IndexDeps,
): Promise<FoundRelease> {
  const texts = new Map<string, string>();
  const rows: ManifestDocument[] = [];
  const proofs: ProofFile[] = [];
  for (let round = 0; round < roundsMax; round++) {
    const known: Documents = texts;
    const resolution = resolveImage(recipe, wish, known);
    if (resolution.kind === "release") {
      return { release: resolution.release, documents: rows, proofs };
    }
    if (resolution.kind === "unresolved") throw notResolved(recipe, resolution);
    for (const document of resolution.documents) {
      const found = await readDocument(recipe, { wish, document }, deps);
      texts.set(document.name, found.text);
      rows.push(found.row);
      proofs.push(...found.proofs);
    }
  }
  throw new KindlingError("image.recipe", `${recipe.name}: its index leads on and on`);
}

/** Signature of a path of a release, from whichever mirror has it. */
export async function fetchSignature(
  urls: readonly MirrorUrl[],
  file: string,
  deps: Pick<IndexDeps, "fetcher">,
): Promise<{ readonly proof: ProofFile; readonly opened: OpenSignature }> {
  const { bytes, from } = await deps.fetcher.document(file, urls, signatureBytesMax);
  return { proof: { file, bytes }, opened: await openSignatureOf({ name: file, ...from }, bytes) };
}

type Read = {
  readonly text: string;
  readonly row: ManifestDocument;
  readonly proofs: readonly ProofFile[];
};

// A mirror that is out of date, or worse, must not keep another from being asked.
async function readDocument(
  recipe: Recipe,
  { wish, document }: { readonly wish: ImageWish; readonly document: DocumentWish },
  deps: IndexDeps,
): Promise<Read> {
  const { check, path, name } = document;
  const urls = safeUrls(urlsOf(recipe, wish, path), check, `the index of ${recipe.name}`);
  const signatures = check.signature === undefined ? [] : urlsOf(recipe, wish, check.signature);
  const troubles: KindlingError[] = [];
  for (const [at, url] of urls.entries()) {
    try {
      const beside = signatures[at];
      return await readFrom(url, beside === undefined ? [] : [beside], { document, deps });
    } catch (error) {
      if (!(error instanceof KindlingError)) throw error;
      troubles.push(error);
    }
  }
  // That bytes were wrong is worth more than that others could not be had.
  const worst = troubles.find(({ code }) => code === "image.unverified") ?? troubles[0];
  if (worst === undefined) throw new TypeError("a recipe has a mirror");
  const message = troubles.map((trouble) => trouble.message).join("\n");
  throw new KindlingError(worst.code, message, { document: name });
}

async function readFrom(
  from: MirrorUrl,
  signatures: readonly MirrorUrl[],
  { document, deps }: { readonly document: DocumentWish; readonly deps: IndexDeps },
): Promise<Read> {
  const { name, check } = document;
  const { bytes } = await deps.fetcher.document(name, [from], documentBytesMax);
  const signed =
    signatures.length === 0 ? undefined : await fetchSignature(signatures, `${name}.sig`, deps);
  const now = deps.clock.now();
  const tools = {
    ...{ name, url: from.url, trust: deps.trust, now },
    ...(signed && { signature: { file: signed.proof.file, opened: signed.opened } }),
  };
  const { text, vouchers } = await vouchForDocument(check, bytes, tools);
  const digests = new Digests([]);
  digests.update(bytes);
  return {
    text,
    row: {
      ...{ name, file: name, bytes: bytes.length, sha256: digests.sha256, url: from.url },
      ...(from.mirror !== undefined && { mirror: from.mirror }),
      fetchedAt: new Date(now).toISOString(),
      vouchers: [...vouchers],
    },
    proofs: [{ file: name, bytes }, ...(signed ? [signed.proof] : [])],
  };
}

function notResolved(
  { name }: Recipe,
  { reason, sentence }: Extract<Resolution, { kind: "unresolved" }>,
): KindlingError {
  const isUnknown = reason === "no-such-version" || reason === "no-such-architecture";
  const code = isUnknown ? "image.unknown" : "image.recipe";
  return new KindlingError(code, `${name}: ${sentence}`, { recipe: name, reason });
}
