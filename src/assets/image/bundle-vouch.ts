import { KindlingError } from "../../errors.ts";
import type { Clock } from "../../runtime/clock.ts";
import { type Evidence, findEvidence, findForeignBoot } from "./bundle-evidence.ts";
import type { FileCheck, ImageProof, Vouch } from "./bundle-intake.ts";
import { proofPath } from "./bundle-match.ts";
import { imagePath } from "./image.ts";
import { type FoundRelease, findRelease, type IndexDeps } from "./index-documents.ts";
import type { ManifestFile } from "./manifest.ts";
import type { Recipe } from "./recipe.ts";
import { chooseFiles } from "./resolve.ts";
import { mergeKey, type SignedBy, type TrustedKey } from "./verify.ts";
import { openSignatureOf } from "./vouch.ts";

export type VouchSettings = {
  /** Of this host: a bundle brings none. */
  readonly recipeOf: (name: string) => Promise<Recipe | undefined>;
  /** What this host has of a pinned key already. */
  readonly keysOf: (fingerprint: string) => Promise<readonly Uint8Array[]>;
  readonly clock: Clock;
  /** The operator vouches for the bundle by its SHA-256: what nothing else proves is taken too. */
  readonly isVouchedFor: boolean;
};

type Reading = {
  readonly proof: ImageProof;
  readonly recipe: Recipe;
  readonly keys: readonly TrustedKey[];
  readonly settings: VouchSettings;
};
/** The index in the bundle, read anew; undefined where the bundle brings none. */
type Index = FoundRelease | undefined;

const armor = "-----BEGIN PGP PUBLIC KEY BLOCK-----";

/**
 * Judges images of a bundle without a network: signatures by the keys that this host's recipes pin, and
 * indexes read anew. Nothing that the bundle's own manifest says of who vouched is believed.
 */
export function vouchByRecipes(settings: VouchSettings): Vouch {
  return async (proof) => {
    const { files } = proof.manifest;
    const recipe = await settings.recipeOf(proof.id.name);
    if (recipe === undefined) {
      const why = `this host has no recipe ${proof.id.name}`;
      return new Map(files.map(({ file }) => [file, takeUnproven(proof, file, why, settings)]));
    }
    const foreign = findForeignBoot(proof.manifest, recipe);
    if (foreign !== undefined) takeUnproven(proof, "manifest.json", foreign, settings);
    const keys = await readKeys(recipe, proof, settings);
    const reading: Reading = { proof, recipe, keys, settings };
    const index = await readIndex(reading);
    const checks = new Map<string, FileCheck>();
    for (const file of files) checks.set(file.file, await checkOf(file, reading, index));
    return checks;
  };
}

async function checkOf(file: ManifestFile, reading: Reading, index: Index): Promise<FileCheck> {
  const { proof, settings } = reading;
  const unproven = (why: string) => takeUnproven(proof, file.file, why, settings);
  const evidence: Evidence =
    index === undefined
      ? { kind: "none", why: "the bundle does not bring the index of its upstream" }
      : findEvidence(file, index.release.artefacts);
  switch (evidence.kind) {
    case "signature":
      return await openCheck(file.file, evidence.paper, reading);
    case "recipe":
      return known("the checksum in the recipe");
    case "index": {
      const by = findSigner(evidence.document, index?.documents ?? []);
      return by === undefined ? unproven("its upstream signs nothing") : known(by);
    }
    case "none":
      return unproven(evidence.why);
    case "contradiction":
      throw unverified(proof, file.file, evidence.why);
  }
}

function known(by: string): FileCheck {
  return { algorithms: [], judge: async () => by };
}

/** What nothing proves is taken where the operator vouches for the bundle, and else refused. */
function takeUnproven(
  proof: ImageProof,
  place: string,
  why: string,
  { isVouchedFor }: VouchSettings,
): FileCheck {
  if (isVouchedFor) return known("the bundle's SHA-256");
  const cure =
    "if it is right, compare the bundle's SHA-256 with what kindling image export printed and say --sha256";
  throw unverified(proof, place, `nothing here proves it: ${why}; ${cure}`);
}

async function openCheck(place: string, paper: string, reading: Reading): Promise<FileCheck> {
  const { proof, keys, settings } = reading;
  const bytes = proof.papers.get(paper);
  if (bytes === undefined) throw unverified(proof, paper, "it is not in the bundle");
  const name = `${imagePath(proof.id)}/${paper}`;
  const signature = await openSignatureOf({ name, url: "the bundle" }, bytes);
  return {
    algorithms: signature.algorithms,
    async judge(digests) {
      const verdict = await signature.judge(digests, keys, settings.clock.now());
      if (verdict.kind === "good") return wordsOf(verdict.by);
      throw unverified(proof, place, `signature ${paper}: ${verdict.sentence}`);
    },
  };
}

/** Asks no mirror: what a pull would fetch is what the bundle brings. */
async function readIndex({ proof, recipe, keys, settings }: Reading): Promise<Index> {
  const { channel, arch, version, files } = proof.manifest;
  const roles = files.map(({ role }) => role);
  // The bytes are the same from any; of HTTPS, it only has to be one.
  const mirrors = recipe.mirrors.toSorted((a, b) => (a < b ? 1 : -1)).slice(0, 1);
  const wanted = { ...chooseFiles(recipe, roles), mirrors };
  const trust = { trusted: async () => keys, refresh: async () => keys };
  try {
    const deps = { fetcher: paperFetcher(proof), trust, clock: settings.clock };
    return await findRelease(wanted, { channel, arch, version }, deps);
  } catch (error) {
    if (!(error instanceof KindlingError)) throw error;
    if (error.code === "image.unreachable") return undefined;
    throw unverified(proof, "index", error.message);
  }
}

function paperFetcher({ papers, manifest }: ImageProof): IndexDeps["fetcher"] {
  return {
    async document(name, [from]) {
      const place = proofPath(signatureFile(manifest.documents, name) ?? name);
      const bytes = papers.get(place);
      if (bytes !== undefined && from !== undefined) return { bytes: Buffer.from(bytes), from };
      throw new KindlingError("image.unreachable", `${place} is not in the bundle`, { place });
    },
  };
}

/** A pull calls it `<document>.sig`; one that an operator brought has the name that it had. */
function signatureFile(
  documents: ImageProof["manifest"]["documents"],
  name: string,
): string | undefined {
  const document = documents.find((row) => `${row.name}.sig` === name);
  const voucher = document?.vouchers.find(({ kind }) => kind === "signature");
  return voucher?.kind === "signature" ? voucher.file : undefined;
}

/** Who signed a document, or the one that lists it. */
function findSigner(name: string, documents: FoundRelease["documents"]): string | undefined {
  const row = documents.find((one) => one.name === name);
  for (const voucher of row?.vouchers ?? []) {
    if (voucher.kind === "signature") return `${voucher.owner} (${voucher.primary})`;
    const rest = documents.filter((one) => one !== row);
    if (voucher.kind === "document") return findSigner(voucher.document, rest);
  }
  return undefined;
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

function wordsOf({ owner, primary }: SignedBy): string {
  return `${owner} (${primary})`;
}

function unverified({ id }: ImageProof, place: string, why: string): KindlingError {
  const file = `${imagePath(id)}/${place}`;
  return new KindlingError("image.unverified", `${file}: ${why}`, { file });
}
