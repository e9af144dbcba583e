import { createHash, type Hash } from "node:crypto";
import { enums, type PublicKey, readKeys, readSignature, type SignaturePacket } from "openpgp";
import { WireError } from "../../errors.ts";

/** A key that is believed: pinned by the whole fingerprint of its primary key, with the bytes that have it. */
export type TrustedKey = {
  readonly owner: string;
  readonly fingerprint: string;
  /** Armored or binary; other keys in it are passed over. */
  readonly material: Uint8Array;
};

/** Who signed. */
export type SignedBy = {
  readonly owner: string;
  readonly primary: string;
  readonly signing: string;
  /** Milliseconds since the epoch. */
  readonly madeAt: number;
};

/** Why a signature is not believed. With the first two, newer keys of the same owner may help. */
export type SignatureFault =
  | "unknown-key"
  | "expired-key"
  | "revoked-key"
  | "unbound-key"
  | "wrong-data"
  | "weak-hash"
  | "expired"
  | "future"
  | "unreadable";

export type SignatureVerdict = { readonly kind: "good"; readonly by: SignedBy } | BadSignature;
export type BadSignature = {
  readonly kind: "bad";
  readonly fault: SignatureFault;
  readonly sentence: string;
};

/** A file of gigabytes is hashed once, as it passes, by all that want its digest. */
export class Digests {
  readonly #hashes: ReadonlyMap<string, Hash>;
  #bytes = 0;

  constructor(algorithms: Iterable<string>) {
    const names = new Set(["sha256", ...algorithms]);
    this.#hashes = new Map([...names].map((name) => [name, createHash(name)]));
  }

  get bytes(): number {
    return this.#bytes;
  }

  update(chunk: Uint8Array): void {
    for (const hash of this.#hashes.values()) hash.update(chunk);
    this.#bytes += chunk.length;
  }

  get sha256(): string {
    return this.#digest("sha256").toString("hex");
  }

  /** The digest of all bytes so far and `trailer` behind them. */
  with(algorithm: string, trailer: Uint8Array): Uint8Array {
    return this.#digest(algorithm, trailer);
  }

  #digest(algorithm: string, trailer: Uint8Array = new Uint8Array()): Buffer {
    const hash = this.#hashes.get(algorithm);
    if (hash === undefined) throw new TypeError(`${algorithm} was not asked for`);
    return hash.copy().update(trailer).digest();
  }
}

/** A detached signature of bytes, or that of a clearsigned text. */
export type SignatureForm = "binary" | "text";

/** A signature file that was read: it says what to hash, and then whether the hash is signed. */
export type OpenSignature = {
  readonly algorithms: readonly string[];
  /** Has one of its signatures a trusted key's name on it? Asked before gigabytes are fetched. */
  isFrom(trusted: readonly TrustedKey[]): Promise<boolean>;
  /** Good when one of its signatures is by a trusted key, whatever the others are. */
  judge(digests: Digests, trusted: readonly TrustedKey[], now: number): Promise<SignatureVerdict>;
};

/** What node:crypto calls the digests that signatures may have; SHA-1, MD5 and others are none. */
const StrongHashes: ReadonlyMap<number | null, string> = new Map([
  [enums.hash.sha256, "sha256"],
  [enums.hash.sha384, "sha384"],
  [enums.hash.sha512, "sha512"],
  [enums.hash.sha3_256, "sha3-256"],
  [enums.hash.sha3_512, "sha3-512"],
]);

/** A signature file has one for each key of its upstream; Debian's has four at times. */
const signaturesMax = 16;

type ReadKey = { readonly owner: string; readonly key: PublicKey };
type Signer = ReadKey & { readonly signing: ReturnType<PublicKey["getKeys"]>[number] };

/** Reads a signature, armored or binary; throws `WireError` for bytes that are none. */
export async function openSignature(
  bytes: Uint8Array,
  form: SignatureForm = "binary",
): Promise<OpenSignature> {
  const packets = await readPackets(bytes);
  const algorithms = packets.flatMap(({ hashAlgorithm }) => StrongHashes.get(hashAlgorithm) ?? []);
  return {
    algorithms: [...new Set(algorithms)],
    async isFrom(trusted) {
      const keys = await Promise.all(trusted.map(readTrusted));
      return packets.some((packet) => signerOf(packet, keys) !== undefined);
    },
    async judge(digests, trusted, now) {
      const keys = await Promise.all(trusted.map(readTrusted));
      let last = bad("unreadable", "it has no signature that can be read");
      for (const packet of packets) {
        const signer = signerOf(packet, keys);
        const verdict =
          signer === undefined
            ? unknownKey(packet, trusted)
            : await judgeOne(packet, signer, { digests, now, form });
        if (verdict.kind === "good") return verdict;
        // What a trusted key got wrong says more than that of a stranger.
        if (signer !== undefined || last.fault === "unreadable") last = verdict;
      }
      return last;
    },
  };
}

/** The key with this fingerprint in what its owner publishes, alone and armored, older knowledge merged in. */
export async function mergeKey(
  fingerprint: string,
  materials: readonly Uint8Array[],
): Promise<Uint8Array | undefined> {
  const found = await Promise.all(materials.map((one) => findKey(fingerprint, one)));
  const [first, ...rest] = found.filter((key) => key !== undefined);
  if (first === undefined) return undefined;
  let merged = first;
  // A revocation that was seen once stays, whatever a server says later.
  for (const older of rest) merged = await merged.update(older);
  return Buffer.from(merged.armor());
}

type Circumstances = {
  readonly digests: Digests;
  readonly now: number;
  readonly form: SignatureForm;
};

async function judgeOne(
  packet: SignaturePacket,
  { owner, key, signing }: Signer,
  { digests, now, form }: Circumstances,
): Promise<SignatureVerdict> {
  const algorithm = StrongHashes.get(packet.hashAlgorithm);
  const { created, signatureData } = packet;
  const type = form === "binary" ? enums.signature.binary : enums.signature.text;
  if (packet.version !== 4 || created === null || signatureData === null) {
    return bad("unreadable", `it is of version ${packet.version}, want 4`);
  }
  if (packet.signatureType !== type) {
    return bad("unreadable", `it is of type ${packet.signatureType}, want ${type}`);
  }
  if (algorithm === undefined) {
    return bad("weak-hash", `it is made with hash ${packet.hashAlgorithm}, want SHA-256 or better`);
  }
  if (created.getTime() > now) {
    return bad("future", `it was made at ${created.toISOString()}: is this host's clock right?`);
  }
  if (Number(packet.getExpirationTime()) <= now) {
    return bad("expired", `it was good until ${String(packet.getExpirationTime())}`);
  }
  // The digest is ready, so the package is given that and never sees the file. Were this member ever
  // ignored, it would hash the empty data instead, and no signature would be good.
  Object.assign(packet, { hashed: digests.with(algorithm, trailerOf(signatureData)) });
  try {
    await packet.verify(signing.keyPacket, type, new Uint8Array(), new Date(now), true);
  } catch (error) {
    return bad("wrong-data", `the file is not what ${owner} signed (${wordsOf(error)})`);
  }
  const trouble = await findKeyTrouble({ owner, key, signing }, created);
  if (trouble !== undefined) return trouble;
  const [primary, fingerprint] = [key.getFingerprint(), signing.getFingerprint()];
  return { kind: "good", by: { owner, primary, signing: fingerprint, madeAt: created.getTime() } };
}

// RFC 9580 §5.2.4, version 4: the hashed part of the signature, then version, 0xFF and its length.
function trailerOf(signatureData: Uint8Array): Uint8Array {
  const trailer = Buffer.alloc(signatureData.length + 6);
  trailer.set(signatureData);
  trailer.writeUInt16BE(0x04ff, signatureData.length);
  trailer.writeUInt32BE(signatureData.length, signatureData.length + 2);
  return trailer;
}

/**
 * Was this key the owner's to sign with when it signed? An owner who puts off the end of a key replaces
 * its own signature on it, which is then younger than what the key signed; so the key is looked at as of
 * then, and as of each such renewal after it.
 */
async function findKeyTrouble(
  { owner, key, signing }: Signer,
  created: Date,
): Promise<BadSignature | undefined> {
  const id = signing.getFingerprint();
  if (signing.getCreationTime() > created) {
    return bad("unbound-key", `the key ${id} of ${owner} is younger than its signature`);
  }
  const words: string[] = [];
  for (const moment of [created, ...renewalsOf(key, created)]) {
    try {
      const found = await key.getSigningKey(signing.getKeyID(), moment);
      if (found.getFingerprint() === id) return undefined;
    } catch (error) {
      words.push(wordsOf(error));
    }
  }
  const said = words.join("; ");
  if (/revoked/.test(said)) return bad("revoked-key", `the key ${id} of ${owner} is revoked`);
  if (/expired/.test(said)) {
    const cure =
      "the pull asks its owner for a newer one; if there is none, wait until it is renewed";
    return bad("expired-key", `the key ${id} of ${owner} had expired when it signed: ${cure}`);
  }
  return bad("unbound-key", `the key ${id} may not sign for ${owner} (${said})`);
}

function renewalsOf(key: PublicKey, since: Date): readonly Date[] {
  const own = [
    ...key.users.flatMap(({ selfCertifications }) => selfCertifications),
    ...key.subkeys.flatMap(({ bindingSignatures }) => bindingSignatures),
  ];
  return own.flatMap(({ created }) => (created !== null && created > since ? [created] : []));
}

async function readPackets(bytes: Uint8Array): Promise<readonly SignaturePacket[]> {
  try {
    const signature = isArmored(bytes)
      ? await readSignature({ armoredSignature: Buffer.from(bytes).toString("latin1") })
      : await readSignature({ binarySignature: bytes });
    return [...signature.packets].slice(0, signaturesMax);
  } catch (error) {
    // The package has no class for errors of its own: whatever it throws here, the bytes are none.
    const words = `not an OpenPGP signature: ${wordsOf(error)}`;
    throw new WireError("wire.invalid", words, { field: "signature" });
  }
}

async function readTrusted({ owner, fingerprint, material }: TrustedKey): Promise<ReadKey> {
  const key = await findKey(fingerprint, material);
  if (key !== undefined) return { owner, key };
  const message = `the key of ${owner} is not ${fingerprint}`;
  throw new WireError("wire.invalid", message, { field: "key", want: fingerprint });
}

async function findKey(fingerprint: string, material: Uint8Array): Promise<PublicKey | undefined> {
  try {
    const keys = isArmored(material)
      ? await readKeys({ armoredKeys: Buffer.from(material).toString("latin1") })
      : await readKeys({ binaryKeys: material });
    return keys.find((key) => key.getFingerprint() === fingerprint)?.toPublic();
  } catch (error) {
    throw new WireError("wire.invalid", `not OpenPGP keys: ${wordsOf(error)}`, { field: "key" });
  }
}

function signerOf(packet: SignaturePacket, keys: readonly ReadKey[]): Signer | undefined {
  for (const { owner, key } of keys) {
    const [signing] = key.getKeys(packet.issuerKeyID);
    if (signing !== undefined) return { owner, key, signing };
  }
  return undefined;
}

function unknownKey({ issuerKeyID }: SignaturePacket, trusted: readonly TrustedKey[]) {
  const pinned = trusted.map(({ owner, fingerprint }) => `${fingerprint} (${owner})`).join(", ");
  const got = issuerKeyID.toHex();
  return bad("unknown-key", `it is made by the key ${got}, which is under none of ${pinned}`);
}

function bad(fault: SignatureFault, sentence: string): BadSignature {
  return { kind: "bad", fault, sentence };
}

const isArmored = (bytes: Uint8Array): boolean => bytes[0] === 0x2d; // "-"

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
