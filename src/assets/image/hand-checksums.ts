import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { KindlingError, WireError } from "../../errors.ts";
import { systemErrorCode } from "../../runtime/system-error.ts";
import { parseSha256Sums } from "./checksums.ts";
import { splitClearsigned } from "./clearsigned.ts";
import type { HandChecksums } from "./hand-import.ts";
import { urlOf } from "./hand-manifest.ts";
import type { Voucher } from "./manifest.ts";
import { isImageFile } from "./names.ts";
import { Digests, openSignature, type TrustedKey } from "./verify.ts";

export type ChecksumTrust = {
  /** The keys that the recipe pins, as far as this host has them. */
  readonly trusted: () => Promise<readonly TrustedKey[]>;
  readonly now: number;
};

/** Lists of checksums have some hundred kilobytes, signatures a few. */
const bytesMax = 4 * 1024 * 1024;
const signatureEndings = ["gpg", "sig", "asc", "sign"];
const clearsigned = "-----BEGIN PGP SIGNED MESSAGE-----";

/** Checksums that the operator gives: file → SHA-256. */
export function checksumsGiven(given: ReadonlyMap<string, string>): HandChecksums {
  return {
    of(file) {
      const sha256 = given.get(file);
      return sha256 === undefined ? undefined : { sha256, vouchers: [{ kind: "operator" }] };
    },
    ...{ documents: [], papers: new Map() },
  };
}

/**
 * The checksums of a file such as `SHA256SUMS`, with the signature in it or beside it. A signature that is there
 * must be good; where there is none, the operator who brought the file vouches for it.
 */
export async function readChecksums(path: string, trust: ChecksumTrust): Promise<HandChecksums> {
  const bytes = await readSmall(path);
  const name = basename(path);
  const { text, voucher, papers } = await judge(path, bytes, trust);
  const sums = parseSha256Sums(text);
  const digests = new Digests([]);
  digests.update(bytes);
  const source = { url: urlOf(name), fetchedAt: new Date(trust.now).toISOString() };
  const hash = { bytes: bytes.length, sha256: digests.sha256 };
  return {
    of(file) {
      const sha256 = sums.get(file);
      const vouchers = [{ kind: "document", document: name }] as const;
      return sha256 === undefined ? undefined : { sha256, vouchers };
    },
    documents: [{ name, file: name, ...hash, ...source, vouchers: [voucher] }],
    papers: new Map([[name, bytes], ...papers]),
  };
}

type Judged = {
  readonly text: string;
  readonly voucher: Voucher;
  readonly papers: readonly (readonly [string, Uint8Array])[];
};

async function judge(path: string, bytes: Uint8Array, trust: ChecksumTrust): Promise<Judged> {
  const name = basename(path);
  if (!isImageFile(name)) {
    throw new KindlingError(
      "usage.invalid",
      `${path}: want a name of letters, digits and . _ + ~ -`,
    );
  }
  const text = Buffer.from(bytes).toString("utf8");
  if (text.startsWith(clearsigned)) {
    const { text: inner, canonical, signature } = readAs(path, () => splitClearsigned(bytes));
    const signed = { bytes: canonical, signature: Buffer.from(signature), form: "text" } as const;
    return { text: inner, voucher: await vouch(path, name, signed, trust), papers: [] };
  }
  const beside = await findSignature(path);
  if (beside === undefined) return { text, voucher: { kind: "operator" }, papers: [] };
  const signed = { bytes, signature: beside.bytes, form: "binary" } as const;
  const voucher = await vouch(beside.path, basename(beside.path), signed, trust);
  return { text, voucher, papers: [[basename(beside.path), beside.bytes]] };
}

type Signed = {
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
  readonly form: "binary" | "text";
};

async function vouch(
  path: string,
  file: string,
  { bytes, signature, form }: Signed,
  trust: ChecksumTrust,
): Promise<Voucher> {
  const opened = await openSignature(signature, form).catch((error: unknown) => {
    throw error instanceof WireError ? unverified(path, error.message) : error;
  });
  const digests = new Digests(opened.algorithms);
  digests.update(bytes);
  const verdict = await opened.judge(digests, await trust.trusted(), trust.now);
  if (verdict.kind === "bad") throw unverified(path, verdict.sentence);
  const { madeAt, ...by } = verdict.by;
  return { kind: "signature", file, ...by, madeAt: new Date(madeAt).toISOString() };
}

async function findSignature(
  path: string,
): Promise<{ readonly path: string; readonly bytes: Uint8Array } | undefined> {
  for (const ending of signatureEndings) {
    const beside = `${path}.${ending}`;
    try {
      return { path: beside, bytes: await readFile(beside) };
    } catch (error) {
      if (systemErrorCode(error) !== "ENOENT") throw error;
    }
  }
  return undefined;
}

async function readSmall(path: string): Promise<Uint8Array> {
  try {
    const bytes = await readFile(path);
    if (bytes.length <= bytesMax) return bytes;
    throw new KindlingError(
      "usage.invalid",
      `${path}: want at most ${bytesMax} bytes of checksums`,
    );
  } catch (error) {
    if (error instanceof KindlingError) throw error;
    const message = `${path} cannot be read: ${systemErrorCode(error)}`;
    throw new KindlingError("usage.invalid", message, { path }, error);
  }
}

function readAs<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof WireError) throw unverified(path, error.message);
    throw error;
  }
}

function unverified(path: string, why: string): KindlingError {
  return new KindlingError("image.unverified", `${path}: ${why}`, { path });
}
