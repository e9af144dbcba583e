import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";

/** A GnuPG home of its own with one signing key; `verify` says what gpg says. */
export type Gpg = AsyncDisposable & {
  readonly folder: string;
  /** Exports the secret key as a ring, binary or armored; its file. */
  exportKey(format: "binary" | "armored"): Promise<string>;
  verify(
    signature: Buffer,
    body: Buffer,
  ): Promise<{ readonly good: boolean; readonly said: string }>;
};

export async function openGpg(passphrase: string): Promise<Gpg> {
  const folder = await mkdtemp(join(tmpdir(), "kindling-gpg-"));
  const base = ["--homedir", folder, "--batch", "--pinentry-mode", "loopback"];
  const run = (...args: string[]) =>
    execa("gpg", [...base, "--passphrase", passphrase, ...args], {
      encoding: "buffer",
      reject: false,
    });
  const made = await run(
    "--quick-generate-key",
    "boot <boot@example.org>",
    "rsa2048",
    "sign",
    "never",
  );
  if (made.exitCode !== 0) throw new Error(`gpg made no key: ${Buffer.from(made.stderr)}`);
  return {
    folder,
    async exportKey(format) {
      const file = join(folder, `ring.${format}`);
      const armor = format === "armored" ? ["--armor"] : [];
      const { stdout } = await run(...armor, "--export-secret-keys");
      await writeFile(file, stdout);
      return file;
    },
    async verify(signature, body) {
      const [signatureFile, bodyFile] = [join(folder, "signature"), join(folder, "body")];
      await writeFile(signatureFile, signature);
      await writeFile(bodyFile, body);
      const { exitCode, stderr } = await run("--verify", "--verbose", signatureFile, bodyFile);
      return { good: exitCode === 0, said: Buffer.from(stderr).toString() };
    },
    async [Symbol.asyncDispose]() {
      await execa("gpgconf", ["--homedir", folder, "--kill", "all"], { reject: false });
      await rm(folder, { recursive: true, force: true });
    },
  };
}
