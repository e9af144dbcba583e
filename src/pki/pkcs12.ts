import {
  createHash,
  createHmac,
  createPrivateKey,
  randomBytes,
  X509Certificate,
} from "node:crypto";
import type { PemPair } from "./certificate-plan.ts";

/** A log-in to be kept in one file, as browsers and key stores take it. */
export type Pkcs12Wish = {
  readonly pair: PemPair;
  /** PEM of the authority, which the file brings along. */
  readonly authority: string;
  /** ASCII: key stores differ in how they encode other letters. */
  readonly password: string;
  /** What key stores call it. */
  readonly name: string;
};

/** As OpenSSL 3 and today's browsers do it. */
const macRounds = 2048;
const saltBytes = 16;

const Oid = {
  data: "1.2.840.113549.1.7.1",
  certBag: "1.2.840.113549.1.12.10.1.3",
  keyBag: "1.2.840.113549.1.12.10.1.2",
  x509Certificate: "1.2.840.113549.1.9.22.1",
  friendlyName: "1.2.840.113549.1.9.20",
  localKeyId: "1.2.840.113549.1.9.21",
  sha256: "2.16.840.1.101.3.4.2.1",
} as const;

/**
 * A certificate, its key and its authority as PKCS#12 (RFC 7292). Node encrypts the key, with AES-256 by
 * PBES2; certificates are no secret and stay readable. What is left is the frame, and a MAC over it.
 */
export function formatPkcs12({ pair, authority, password, name }: Pkcs12Wish): Buffer {
  const certificate = new X509Certificate(pair.cert);
  const id = createHash("sha1").update(certificate.raw).digest(); // a name, not a protection
  const marks = attributes(name, id);
  const key = createPrivateKey(pair.key).export({
    ...{ type: "pkcs8", format: "der", cipher: "aes-256-cbc", passphrase: password },
  });
  const certificates = sequence(
    bag(Oid.certBag, certificateBag(certificate), marks),
    bag(Oid.certBag, certificateBag(new X509Certificate(authority))),
  );
  const keys = sequence(bag(Oid.keyBag, key, marks));
  const safe = sequence(...[certificates, keys].map((contents) => dataOf(contents)));
  return sequence(integer(3), dataOf(safe), macOf(safe, password));
}

function certificateBag({ raw }: X509Certificate): Buffer {
  return sequence(oid(Oid.x509Certificate), explicit(octets(raw)));
}

function bag(kind: string, value: Buffer, marks?: Buffer): Buffer {
  return sequence(oid(kind), explicit(value), ...(marks === undefined ? [] : [marks]));
}

// By the same id a reader knows which certificate is the key's.
function attributes(name: string, id: Buffer): Buffer {
  const text = tlv(0x1e, bigEndian(name));
  return set(
    sequence(oid(Oid.friendlyName), set(text)),
    sequence(oid(Oid.localKeyId), set(octets(id))),
  );
}

function dataOf(contents: Buffer): Buffer {
  return sequence(oid(Oid.data), explicit(octets(contents)));
}

function macOf(safe: Buffer, password: string): Buffer {
  const salt = randomBytes(saltBytes);
  const key = deriveMacKey(password, salt);
  const digest = createHmac("sha256", key).update(safe).digest();
  const algorithm = sequence(oid(Oid.sha256), Buffer.of(0x05, 0));
  return sequence(sequence(algorithm, octets(digest)), octets(salt), integer(macRounds));
}

// RFC 7292 appendix B.2 with id 3 and SHA-256, whose 32 bytes are all that is wanted: the first round
// of its loop is the whole of it.
function deriveMacKey(password: string, salt: Buffer): Buffer {
  const block = 64;
  const spread = (bytes: Buffer) => {
    const length = block * Math.ceil(bytes.length / block);
    return Uint8Array.from({ length }, (_, at) => bytes[at % bytes.length] ?? 0);
  };
  const secret = Buffer.concat([bigEndian(password), Buffer.alloc(2)]);
  let hash = createHash("sha256")
    .update(Buffer.alloc(block, 3))
    .update(spread(salt))
    .update(spread(secret))
    .digest();
  for (let round = 1; round < macRounds; round += 1) {
    hash = createHash("sha256").update(hash).digest();
  }
  return hash;
}

function bigEndian(text: string): Buffer {
  return Buffer.from(text, "utf16le").swap16();
}

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return tlv(0x30, Buffer.concat(parts));
}

// DER sorts the members of a set; ours are given in that order.
function set(...parts: readonly Uint8Array[]): Buffer {
  return tlv(0x31, Buffer.concat(parts));
}

function octets(bytes: Uint8Array): Buffer {
  return tlv(0x04, bytes);
}

function explicit(bytes: Uint8Array): Buffer {
  return tlv(0xa0, bytes);
}

/** Small and not negative. */
function integer(value: number): Buffer {
  return tlv(0x02, value < 0x80 ? Buffer.of(value) : Buffer.of(value >> 8, value & 0xff));
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const digits = rest.flatMap((arc) => {
    const groups = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    return groups;
  });
  return tlv(0x06, Buffer.of(first * 40 + second, ...digits));
}

function tlv(tag: number, value: Uint8Array): Buffer {
  const { length } = value;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), value]);
  const digits = length.toString(16);
  const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), "0"), "hex");
  return Buffer.concat([Buffer.of(tag, 0x80 | bytes.length), bytes, value]);
}
