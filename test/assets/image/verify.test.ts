import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { splitClearsigned } from "../../../src/assets/image/clearsigned.ts";
import {
  Digests,
  mergeKey,
  openSignature,
  type SignatureForm,
  type TrustedKey,
} from "../../../src/assets/image/verify.ts";
import { type GpgSigners, openSigners } from "../../support/gpg-signers.ts";

const file = Buffer.from("what an upstream publishes\n".repeat(5000));
const now = Date.parse("2026-06-01T00:00:00Z");
const newYear = "20250101T000000";

let gpg: GpgSigners;
let primary = "";
let strangers = "";
beforeAll(async () => {
  gpg = await openSigners(newYear);
  primary = await gpg.key("upstream");
  strangers = await gpg.key("stranger");
});
afterAll(() => gpg[Symbol.asyncDispose]());

const trust = async (fingerprint: string, flags?: readonly string[]): Promise<TrustedKey> => {
  return { owner: "upstream", fingerprint, material: await gpg.publish(fingerprint, flags) };
};

async function judge(
  signature: Uint8Array,
  keys: readonly TrustedKey[],
  { bytes = file, at = now, form = "binary" as SignatureForm } = {},
) {
  const opened = await openSignature(signature, form);
  const digests = new Digests(opened.algorithms);
  // As a stream gives it, in odd parts.
  for (let from = 0; from < bytes.length; from += 7919) {
    digests.update(bytes.subarray(from, from + 7919));
  }
  return await opened.judge(digests, keys, at);
}

describe("a good signature", () => {
  it.each([
    { algorithm: "rsa3072", hash: "SHA512", form: "armored" as const },
    { algorithm: "rsa2048", hash: "SHA384", form: "detached" as const },
    { algorithm: "ed25519", hash: "SHA256", form: "detached" as const },
    { algorithm: "ed25519", hash: "SHA512", form: "armored" as const },
    { algorithm: "nistp256", hash: "SHA256", form: "detached" as const },
    { algorithm: "nistp384", hash: "SHA384", form: "detached" as const },
  ])("of $algorithm with $hash, $form", async ({ algorithm, hash, form }) => {
    const by = await gpg.key(`${algorithm}-${hash}`, { algorithm });
    const verdict = await judge(await gpg.sign(file, { by, hash, form }), [await trust(by)]);
    const madeAt = Date.parse("2025-01-01T00:00:00Z");
    expect(verdict).toEqual({
      kind: "good",
      by: { owner: "upstream", primary: by, signing: by, madeAt },
    });
  });

  it("is found among those of strangers, as Debian's are", async () => {
    const parts = [];
    for (const by of [strangers, primary]) parts.push(await gpg.sign(file, { by }));
    const both = Buffer.concat(parts);
    expect(await judge(both, [await trust(primary)])).toMatchObject({ kind: "good" });
  });

  it("tells whose it is before the file is there", async () => {
    const opened = await openSignature(await gpg.sign(file, { by: primary }));
    expect(await opened.isFrom([await trust(strangers), await trust(primary)])).toBe(true);
    expect(await opened.isFrom([await trust(strangers)])).toBe(false);
  });

  it("hashes a file once where SHA-256 is what was signed", async () => {
    const signature = await gpg.sign(file, { by: primary, hash: "SHA256" });
    const { algorithms } = await openSignature(signature);
    expect(algorithms).toEqual(["sha256"]);
  });

  it("is believed of a clearsigned text, as it is believed", async () => {
    const text = Buffer.from("Version: 13.2  \n- dashed\n\nlast\n");
    const signed = await gpg.sign(text, { by: primary, form: "clear" });
    const parts = splitClearsigned(signed);
    expect(parts.text).toBe("Version: 13.2\n- dashed\n\nlast\n");
    const { canonical: bytes, signature } = parts;
    const options = { bytes: Buffer.from(bytes), form: "text" as const };
    const keys = [await trust(primary)];
    expect(await judge(Buffer.from(signature), keys, options)).toMatchObject({ kind: "good" });
    const other = { ...options, bytes: Buffer.from("Version: 13.3") };
    expect(await judge(Buffer.from(signature), keys, other)).toMatchObject({ fault: "wrong-data" });
  });
});

describe("a signature that is not believed", () => {
  it.each([
    { name: "of other data", bytes: Buffer.from("other"), fault: "wrong-data" },
    { name: "of a part", bytes: file.subarray(0, -1), fault: "wrong-data" },
    { name: "of the future", at: Date.parse("2024-12-31T00:00:00Z"), fault: "future" },
  ])("$name", async ({ fault, ...options }) => {
    const signature = await gpg.sign(file, { by: primary });
    expect(await judge(signature, [await trust(primary)], options)).toMatchObject({ fault });
  });

  it("of a stranger is told with the keys that are pinned", async () => {
    const verdict = await judge(await gpg.sign(file, { by: strangers }), [await trust(primary)]);
    expect(verdict).toMatchObject({ fault: "unknown-key" });
    expect(verdict).toMatchObject({ sentence: expect.stringContaining(`${primary} (upstream)`) });
    expect(verdict).toMatchObject({ sentence: expect.stringContaining(strangers.slice(-16)) });
  });

  it.each(["SHA1", "MD5", "RIPEMD160"])("with %s", async (hash) => {
    const by = await gpg.key(`weak-${hash}`, { algorithm: "rsa2048" });
    const signature = await gpg.sign(file, { by, hash });
    expect(await judge(signature, [await trust(by)])).toMatchObject({ fault: "weak-hash" });
  });

  it("that has its own end behind it", async () => {
    const extra = ["--default-sig-expire", "30d"];
    const signature = await gpg.sign(file, { by: primary, extra });
    expect(await judge(signature, [await trust(primary)])).toMatchObject({ fault: "expired" });
  });

  it("of text where bytes are wanted", async () => {
    const signature = await gpg.sign(file, { by: primary, form: "text" });
    expect(await judge(signature, [await trust(primary)])).toMatchObject({ fault: "unreadable" });
  });

  it("that is none", async () => {
    await expect(openSignature(Buffer.from("<html>"))).rejects.toThrow(/not an OpenPGP/);
    await expect(openSignature(Buffer.from("-----BEGIN"))).rejects.toThrow(/not an OpenPGP/);
  });

  it("under a key with another fingerprint than the pinned one", async () => {
    const material = await gpg.publish(strangers);
    const keys = [{ owner: "upstream", fingerprint: primary, material }];
    const signature = await gpg.sign(file, { by: strangers });
    await expect(judge(signature, keys)).rejects.toThrow(`not ${primary}`);
  });
});

describe("subkeys", () => {
  it("are believed under the pinned primary, a new one without a new pin", async () => {
    gpg.travel(newYear);
    const owner = await gpg.key("rotating", { usage: "cert" });
    const first = await gpg.subkey(owner, { expire: "1y" });
    const old = await gpg.sign(file, { by: `${first}!` });
    gpg.travel("20260201T000000");
    const second = await gpg.subkey(owner, { algorithm: "rsa3072", expire: "1y" });
    const fresh = await gpg.sign(file, { by: `${second}!` });
    const keys = [await trust(owner)];
    expect(await judge(fresh, keys)).toMatchObject({ by: { primary: owner, signing: second } });
    // Signed while it was good; it has ended since.
    expect(await judge(old, keys)).toMatchObject({ by: { primary: owner, signing: first } });
    gpg.travel(newYear);
  });

  it("are unknown to a copy of the key from before they were made", async () => {
    const owner = await gpg.key("stale", { usage: "cert" });
    const before = [await trust(owner)];
    const late = await gpg.subkey(owner);
    const signature = await gpg.sign(file, { by: `${late}!` });
    expect(await judge(signature, before)).toMatchObject({ fault: "unknown-key" });
    expect(await judge(signature, [await trust(owner)])).toMatchObject({ kind: "good" });
  });

  it("are refused when they had ended by what is known of the key, and not when it is renewed", async () => {
    const owner = await gpg.key("late", { usage: "cert" });
    const sub = await gpg.subkey(owner, { expire: "1y" });
    const before = [await trust(owner)];
    gpg.travel("20251231T000000");
    await gpg.renew(owner, "1y");
    gpg.travel("20260120T000000");
    const signature = await gpg.sign(file, { by: `${sub}!` });
    expect(await judge(signature, before)).toMatchObject({ fault: "expired-key" });
    expect(await judge(signature, [await trust(owner)])).toMatchObject({ kind: "good" });
    gpg.travel(newYear);
  });

  it("keep what they signed when their owner puts off their end", async () => {
    const owner = await gpg.key("renewed", { usage: "cert", expire: "1y" });
    const sub = await gpg.subkey(owner, { expire: "1y" });
    const signature = await gpg.sign(file, { by: `${sub}!` });
    gpg.travel("20250601T000000");
    await gpg.renew(owner, "3y");
    const keys = [await trust(owner, ["--export-options", "export-minimal"])];
    expect(await judge(signature, keys)).toMatchObject({ by: { signing: sub } });
    gpg.travel(newYear);
  });

  it("are refused when they are revoked", async () => {
    const owner = await gpg.key("revoking", { usage: "cert" });
    const sub = await gpg.subkey(owner);
    const signature = await gpg.sign(file, { by: `${sub}!` });
    const before = await gpg.publish(owner);
    await gpg.revokeSubkey(owner, 1);
    expect(await judge(signature, [await trust(owner)])).toMatchObject({ fault: "revoked-key" });
    const after = await gpg.publish(owner);
    const merged = await mergeKey(owner, [before, after]);
    const keys = [{ owner: "upstream", fingerprint: owner, material: merged ?? before }];
    expect(await judge(signature, keys)).toMatchObject({ fault: "revoked-key" });
  });

  it("are refused when they are not bound to the primary", async () => {
    // The subkey of a stranger, glued behind the pinned key.
    const theirs = await gpg.key("thief", { usage: "cert" });
    const sub = await gpg.subkey(theirs);
    const signature = await gpg.sign(file, { by: `${sub}!` });
    const { readKey } = await import("openpgp");
    const read = async (one: string) => {
      return await readKey({ armoredKey: (await gpg.publish(one)).toString() });
    };
    const [pinned, thief] = [await read(primary), await read(theirs)];
    pinned.subkeys.push(...thief.subkeys);
    const material = Buffer.from(pinned.write());
    const verdict = await judge(signature, [{ owner: "us", fingerprint: primary, material }]);
    expect(verdict).toMatchObject({ kind: "bad", fault: "unbound-key" });
  });

  it("are refused when they did not sign the primary back", async () => {
    const owner = await gpg.key("oneway", { usage: "cert" });
    const sub = await gpg.subkey(owner);
    const signature = await gpg.sign(file, { by: `${sub}!` });
    const { readKey } = await import("openpgp");
    const key = await readKey({ armoredKey: (await gpg.publish(owner)).toString() });
    for (const binding of key.subkeys.flatMap(({ bindingSignatures }) => bindingSignatures)) {
      binding.unhashedSubpackets = binding.unhashedSubpackets.filter(({ type }) => type !== 32);
      binding.embeddedSignature = null;
    }
    const material = Buffer.from(key.write());
    const verdict = await judge(signature, [{ owner: "us", fingerprint: owner, material }]);
    expect(verdict).toMatchObject({ kind: "bad", fault: "unbound-key" });
  });

  it("for other uses sign nothing", async () => {
    const owner = await gpg.key("mixed", { usage: "cert" });
    const encrypting = await gpg.subkey(owner, { algorithm: "rsa2048", usage: "encr" });
    const signing = await gpg.subkey(owner, { algorithm: "rsa2048" });
    expect(encrypting).not.toBe(signing);
    const signature = await gpg.sign(file, { by: `${signing}!` });
    expect(await judge(signature, [await trust(owner)])).toMatchObject({ by: { signing } });
  });
});

describe("mergeKey", () => {
  it("takes the pinned one out of many", async () => {
    const ring = Buffer.concat([await gpg.publish(strangers), await gpg.publish(primary)]);
    expect(await mergeKey("f".repeat(40), [ring])).toBeUndefined();
    const one = await mergeKey(primary, [await gpg.publish(primary)]);
    expect(one?.toString()).toContain("BEGIN PGP PUBLIC KEY BLOCK");
  });

  it("keeps a revocation that a server has forgotten", async () => {
    const owner = await gpg.key("forgetful", { usage: "cert" });
    const sub = await gpg.subkey(owner);
    const signature = await gpg.sign(file, { by: `${sub}!` });
    const before = await gpg.publish(owner);
    await gpg.revokeSubkey(owner, 1);
    const revoked = await gpg.publish(owner);
    const material = (await mergeKey(owner, [before, revoked])) ?? before;
    const keys = [{ owner: "us", fingerprint: owner, material }];
    expect(await judge(signature, keys)).toMatchObject({ fault: "revoked-key" });
  });

  it("refuses what are no keys", async () => {
    await expect(mergeKey(primary, [Buffer.from("<html>")])).rejects.toThrow(/not OpenPGP keys/);
  });
});
