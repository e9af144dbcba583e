import { KindlingError, WireError } from "../../errors.ts";
import { splitClearsigned } from "./clearsigned.ts";
import type { Check } from "./image.ts";
import type { Voucher } from "./manifest.ts";
import {
  Digests,
  type OpenSignature,
  openSignature,
  type SignatureVerdict,
  type TrustedKey,
} from "./verify.ts";

/** How trusted keys are had; `refresh` asks their owners for newer ones. */
export type Trust = {
  trusted(): Promise<readonly TrustedKey[]>;
  refresh(): Promise<readonly TrustedKey[]>;
};

/** What a check is made with: the signature, where it will be kept, and the host that HTTPS vouches for. */
export type CheckTools = {
  readonly name: string;
  readonly url: string;
  readonly trust: Trust;
  readonly now: number;
  readonly signature?: { readonly file: string; readonly opened: OpenSignature };
};

/** Bytes that passed their check, with the text that may be believed. */
export type VouchedDocument = { readonly text: string; readonly vouchers: readonly Voucher[] };

/** Checks bytes that were hashed as they came: all that is wanted of them must hold, or this throws `image.unverified`. */
export async function vouchFor(
  check: Check,
  digests: Digests,
  tools: CheckTools,
): Promise<readonly Voucher[]> {
  const vouchers: Voucher[] = [];
  if (check.sha256 !== undefined) {
    const got = digests.sha256;
    if (got !== check.sha256) {
      throw unverified(
        tools,
        `has SHA-256 ${got}, want ${check.sha256} of ${check.listedIn ?? "the recipe"}`,
      );
    }
    const document = check.listedIn;
    vouchers.push(document === undefined ? { kind: "recipe" } : { kind: "document", document });
  }
  const { signature } = tools;
  if (signature !== undefined) {
    const verdict = await judgeWithRefresh(signature.opened, digests, tools);
    vouchers.push(signatureVoucher(verdict, signature.file, tools));
  }
  if (vouchers.length > 0) return vouchers;
  const { protocol, host } = new URL(tools.url);
  if (protocol === "https:") return [{ kind: "https", host }];
  throw unverified(tools, "came over plain HTTP, and nobody vouches for it");
}

/** Checks a document that is here whole. */
export async function vouchForDocument(
  check: Check,
  bytes: Buffer,
  tools: CheckTools,
): Promise<VouchedDocument> {
  if (check.clearsigned !== true) {
    const digests = new Digests(tools.signature?.opened.algorithms ?? []);
    digests.update(bytes);
    return { text: bytes.toString("utf8"), vouchers: await vouchFor(check, digests, tools) };
  }
  const { text, canonical, signature } = await readAs(tools, () => splitClearsigned(bytes));
  const opened = await openSignatureOf(tools, Buffer.from(signature), "text");
  const digests = new Digests(opened.algorithms);
  digests.update(canonical);
  const verdict = await judgeWithRefresh(opened, digests, tools);
  return { text, vouchers: [signatureVoucher(verdict, tools.name, tools)] };
}

/** Reads a signature that a mirror sent: bytes that are none are `image.unverified`. */
export function openSignatureOf(
  what: Pick<CheckTools, "name" | "url">,
  bytes: Uint8Array,
  form: "binary" | "text" = "binary",
): Promise<OpenSignature> {
  return readAs(what, () => openSignature(bytes, form));
}

async function readAs<T>(
  what: Pick<CheckTools, "name" | "url">,
  read: () => T | Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof WireError) throw unverified(what, error.message);
    throw error;
  }
}

// A rotated subkey is unknown until its owner is asked; a file need not be fetched again for that.
async function judgeWithRefresh(
  opened: OpenSignature,
  digests: Digests,
  { trust, now }: CheckTools,
): Promise<SignatureVerdict> {
  const verdict = await opened.judge(digests, await trust.trusted(), now);
  const isStale = verdict.kind === "bad" && ["unknown-key", "expired-key"].includes(verdict.fault);
  return isStale ? await opened.judge(digests, await trust.refresh(), now) : verdict;
}

function signatureVoucher(verdict: SignatureVerdict, file: string, tools: CheckTools): Voucher {
  if (verdict.kind === "bad") throw unverified(tools, `its signature: ${verdict.sentence}`);
  const { madeAt, ...by } = verdict.by;
  return { kind: "signature", file, ...by, madeAt: new Date(madeAt).toISOString() };
}

function unverified({ name, url }: Pick<CheckTools, "name" | "url">, why: string): KindlingError {
  return new KindlingError("image.unverified", `${name} of ${url}: ${why}`, { name, url });
}
