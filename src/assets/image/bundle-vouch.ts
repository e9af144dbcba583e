import { KindlingError, WireError } from "../../errors.ts";
import { findEvidence, findForeignBoot } from "./bundle-evidence.ts";
import type { FileCheck, ImageProof, Vouch } from "./bundle-intake.ts";
import { proofPath } from "./bundle-match.ts";
import { splitClearsigned } from "./clearsigned.ts";
import { type Artefact, type Documents, type DocumentWish, imagePath } from "./image.ts";
import type { ManifestFile } from "./manifest.ts";
import type { Recipe } from "./recipe.ts";
import { chooseFiles, resolveImage } from "./resolve.ts";
import { Digests, mergeKey, openSignature, type SignedBy, type TrustedKey } from "./verify.ts";

export type VouchSettings = {
  /** Of this host: a bundle brings none. */
  readonly recipeOf: (name: string) => Promise<Recipe | undefined>;
  /** What this host has of a pinned key already. */
  readonly keysOf: (fingerprint: string) => Promise<readonly Uint8Array[]>;
  readonly now: number;
  /** The operator vouches for the bundle by its SHA-256: what nothing else proves is taken too. */
  readonly isVouchedFor: boolean;
};

/** What an index in the bundle came to. */
type Index = {
  readonly artefacts: readonly Artefact[];
  /** Who signed it; undefined: only the connection it came by vouched for it. */
  readonly by: string | undefined;
};
type Reading = {
  readonly proof: ImageProof;
  readonly recipe: Recipe;
  readonly keys: readonly TrustedKey[];
  readonly now: number;
};

/** No upstream needs more; a resolver that asks again for what it has would not end. */
const roundsMax = 4;
const armor = "-----BEGIN PGP PUBLIC KEY BLOCK-----";

/**
 * Judges images of a bundle without a network: signatures by the keys that this host's recipes pin, and
 * indexes read anew. Nothing that the bundle's own manifest says of who vouched is believed.
 */
export function vouchByRecipes(settings: VouchSettings): Vouch {
  return async (proof) => {
    const recipe = await settings.recipeOf(proof.id.name);
    if (recipe === undefined) {
      const why = `this host has no recipe ${proof.id.name}`;
      return unproven(proof, proof.manifest.files, why, settings);
    }
    const keys = await readKeys(recipe, proof, settings);
    const reading: Reading = { proof, recipe, keys, now: settings.now };
    const foreign = findForeignBoot(proof.manifest, recipe);
    if (foreign !== undefined) unproven(proof, proof.manifest.files, foreign, settings);
    const index = await readIndex(reading);
    const checks = new Map<string, FileCheck>();
    for (const file of proof.manifest.files) {
      for (const [place, check] of await checkOf(file, reading, index, settings)) {
        checks.set(place, check);
      }
    }
    return checks;
  };
}

async function checkOf(
  file: ManifestFile,
  reading: Reading,
  index: Index,
  settings: VouchSettings,
): Promise<ReadonlyMap<string, FileCheck>> {
  const { proof } = reading;
  const evidence = findEvidence(file, index.artefacts);
  const one = (check: FileCheck) => new Map([[file.file, check]]);
  switch (evidence.kind) {
    case "signature":
      return one(await openCheck(file.file, evidence.paper, reading));
    case "recipe":
      return one(known("the checksum in the recipe"));
    case "index":
      if (index.by !== undefined) return one(known(index.by));
      return unproven(proof, [file], "its upstream signs nothing", settings);
    case "none":
      return unproven(proof, [file], evidence.why, settings);
    case "contradiction":
      throw unverified(proof, file.file, evidence.why);
  }
}

function known(by: string): FileCheck {
  return { algorithms: [], judge: async () => by };
}

function unproven(
  proof: ImageProof,
  files: readonly ManifestFile[],
  why: string,
  { isVouchedFor }: VouchSettings,
): ReadonlyMap<string, FileCheck> {
  if (isVouchedFor) return new Map(files.map(({ file }) => [file, known("the bundle's SHA-256")]));
  const cure =
    "if it is right, compare the bundle's SHA-256 with what kindling image export printed and say --sha256";
  throw unverified(proof, files[0]?.file ?? "", `nothing here proves it: ${why}; ${cure}`);
}

async function openCheck(place: string, paper: string, reading: Reading): Promise<FileCheck> {
  const { proof, keys, now } = reading;
  const signature = await openPaper(paper, reading, () => openSignature(paperOf(proof, paper)));
  return {
    algorithms: signature.algorithms,
    async judge(digests) {
      const verdict = await signature.judge(digests, keys, now);
      if (verdict.kind === "good") return wordsOf(verdict.by);
      throw unverified(proof, place, `signature ${paper}: ${verdict.sentence}`);
    },
  };
}

/** The index, read with this host's recipe; every document that ought to be signed must be. */
async function readIndex(reading: Reading): Promise<Index> {
  const { proof, recipe } = reading;
  const { channel, arch, version, files } = proof.manifest;
  const wanted = chooseFiles(
    recipe,
    files.map(({ role }) => role),
  );
  const [documents, signers] = [new Map<string, string>(), new Set<string | undefined>()];
  for (let round = 0; round < roundsMax; round += 1) {
    const found = resolveImage(wanted, { channel, arch, version }, documents as Documents);
    if (found.kind === "release") {
      const by = signers.has(undefined) ? undefined : [...signers].join(", ");
      return { artefacts: found.release.artefacts, by: by === "" ? undefined : by };
    }
    if (found.kind === "unresolved") throw unverified(proof, "index", found.sentence);
    for (const wish of found.documents) {
      const { text, by } = await readDocument(wish, reading);
      documents.set(wish.name, text);
      // One that another document lists is as good as that one.
      if (wish.check.sha256 === undefined) signers.add(by);
    }
  }
  throw unverified(proof, "index", "it wants more documents than there are");
}

async function readDocument(
  { name, check }: DocumentWish,
  reading: Reading,
): Promise<{ readonly text: string; readonly by: string | undefined }> {
  const { proof } = reading;
  const row = proof.manifest.documents.find((one) => one.name === name);
  if (row === undefined) throw unverified(proof, name, "the bundle does not bring it");
  const bytes = paperOf(proof, proofPath(row.file));
  if (check.clearsigned) {
    const { text, canonical, signature } = await openPaper(row.file, reading, async () =>
      splitClearsigned(bytes),
    );
    const signed = { bytes: canonical, signature: Buffer.from(signature), form: "text" } as const;
    return { text, by: await judgePaper(row.file, signed, reading) };
  }
  const text = Buffer.from(bytes).toString("utf8");
  if (check.signature !== undefined) {
    const voucher = row.vouchers.find((one) => one.kind === "signature");
    if (voucher === undefined) throw unverified(proof, name, "its signature is not in the bundle");
    const signature = paperOf(proof, proofPath(voucher.file));
    return { text, by: await judgePaper(row.file, { bytes, signature, form: "binary" }, reading) };
  }
  if (check.sha256 !== undefined && check.sha256 !== row.sha256) {
    throw unverified(proof, row.file, `want SHA-256 ${check.sha256}, got ${row.sha256}`);
  }
  return { text, by: undefined };
}

type Signed = {
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
  readonly form: "binary" | "text";
};

async function judgePaper(name: string, signed: Signed, reading: Reading): Promise<string> {
  const { proof, keys, now } = reading;
  const opened = await openPaper(name, reading, () => openSignature(signed.signature, signed.form));
  const digests = new Digests(opened.algorithms);
  digests.update(signed.bytes);
  const verdict = await opened.judge(digests, keys, now);
  if (verdict.kind === "good") return wordsOf(verdict.by);
  throw unverified(proof, proofPath(name), `its signature: ${verdict.sentence}`);
}

/** The pinned keys, out of what this host and the bundle have; which it is, the fingerprint decides. */
async function readKeys(
  recipe: Recipe,
  proof: ImageProof,
  { keysOf }: VouchSettings,
): Promise<readonly TrustedKey[]> {
  const brought = [...proof.papers.values()].filter((bytes) => {
    return Buffer.from(bytes.subarray(0, armor.length)).toString("latin1") === armor;
  });
  const keys: TrustedKey[] = [];
  for (const { owner, fingerprint } of recipe.keys) {
    const material = await mergeKey(fingerprint, [...(await keysOf(fingerprint)), ...brought]);
    if (material !== undefined) keys.push({ owner, fingerprint, material });
  }
  return keys;
}

async function openPaper<T>(name: string, { proof }: Reading, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof WireError) throw unverified(proof, name, error.message);
    throw error;
  }
}

function paperOf({ papers, id }: ImageProof, place: string): Uint8Array {
  const found = papers.get(place);
  if (found !== undefined) return found;
  const message = `${imagePath(id)}/${place} is not in the bundle`;
  throw new KindlingError("image.unverified", message, { file: place });
}

function wordsOf({ owner, primary }: SignedBy): string {
  return `${owner} (${primary})`;
}

function unverified({ id }: ImageProof, place: string, why: string): KindlingError {
  const file = `${imagePath(id)}/${place}`;
  return new KindlingError("image.unverified", `${file}: ${why}`, { file });
}
