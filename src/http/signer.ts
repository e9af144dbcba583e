import { readFile } from "node:fs/promises";
import { createMessage, decryptKey, enums, type PrivateKey, readPrivateKeys, sign } from "openpgp";
import { KindlingError } from "../errors.ts";
import { systemErrorCode } from "../runtime/system-error.ts";
import type { Signer } from "./deps.ts";

/** What clients expect: SHA-256, and no salt, which old ones take for an unknown notation. */
const config = {
  preferredHashAlgorithm: enums.hash.sha256,
  nonDeterministicSignaturesViaNotation: false,
};

/**
 * A signer with the first key of a binary OpenPGP key ring (RFC 9580). Its signatures are of text
 * (type 0x01) and by the primary key, since that is the one clients of matchbox were given.
 */
export async function openSigner(file: string, passphrase: string): Promise<Signer> {
  const locked = await readKey(file);
  const key = locked.isDecrypted() ? locked : await unlock(file, locked, passphrase);
  const shared = { signingKeys: key, signingKeyIDs: key.getKeyID(), detached: true, config };
  return {
    binary: async (bytes) => {
      const message = await textMessage(bytes);
      return Buffer.from(await sign({ ...shared, message, format: "binary" }));
    },
    armored: async (bytes) => {
      const message = await textMessage(bytes);
      const armor: string = await sign({ ...shared, message, format: "armored" });
      return Buffer.from(armor.replaceAll("\r\n", "\n").trimEnd());
    },
  };
}

// The package takes text as a string; of bytes that are none it would sign something else.
async function textMessage(bytes: Buffer) {
  const text = bytes.toString("utf8");
  if (!Buffer.from(text).equals(bytes)) throw new TypeError("a body to sign is not UTF-8");
  return await createMessage({ text });
}

async function readKey(file: string): Promise<PrivateKey> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw unusable(file, `cannot be read: ${systemErrorCode(error)}`, error);
  });
  const keys = await readPrivateKeys({ binaryKeys: bytes }).catch((error: unknown) => {
    throw unusable(file, "want a binary ring with a secret key; export it without --armor", error);
  });
  const [key] = keys;
  if (key === undefined) throw unusable(file, "want a secret key in it, got none");
  return key;
}

async function unlock(file: string, key: PrivateKey, passphrase: string): Promise<PrivateKey> {
  if (passphrase === "") {
    throw unusable(file, "its key is locked: set KINDLING_PASSPHRASE or MATCHBOX_PASSPHRASE");
  }
  try {
    return await decryptKey({ privateKey: key, passphrase });
  } catch (error) {
    throw unusable(file, "the passphrase does not open its key", error);
  }
}

function unusable(file: string, why: string, cause?: unknown): KindlingError {
  return new KindlingError("signing.unusable", `key ring ${file}: ${why}`, { file }, cause);
}
