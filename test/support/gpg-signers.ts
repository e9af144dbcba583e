import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";

/** What a key is made of, in GnuPG's words. */
type KeyWish = {
  readonly algorithm?: string;
  readonly usage?: "sign" | "cert" | "encr";
  /** "never", "1y" or seconds=… */
  readonly expire?: string;
};
type SignWish = {
  /** A fingerprint; with `!` behind it that very key. */
  readonly by: string;
  readonly form?: "detached" | "armored" | "clear" | "text";
  readonly hash?: string;
  readonly extra?: readonly string[];
};

/** An upstream's key ring, at any day: GnuPG is told what day it is. */
export type GpgSigners = AsyncDisposable & {
  readonly folder: string;
  /** Makes a primary key; its fingerprint in lower case. */
  key(name: string, wish?: KeyWish): Promise<string>;
  /** Adds a subkey; its fingerprint. */
  subkey(primary: string, wish?: KeyWish): Promise<string>;
  sign(bytes: Uint8Array, wish: SignWish): Promise<Buffer>;
  /** The public key as it is now, armored. */
  publish(primary: string, flags?: readonly string[]): Promise<Buffer>;
  /** Revokes the n-th subkey. */
  revokeSubkey(primary: string, index: number): Promise<void>;
  /** Moves the end of the primary key and of its subkeys. */
  renew(primary: string, expire: string): Promise<void>;
  /** All that follows is done on this day, as 20250131T120000. */
  travel(day: string): void;
};

export async function openSigners(day: string): Promise<GpgSigners> {
  const folder = await mkdtemp(join(tmpdir(), "kindling-gpg-"));
  let today = day;
  const run = async (args: readonly string[], input?: Uint8Array | string): Promise<Buffer> => {
    const clock = ["--faked-system-time", `${today}!`, "--no-permission-warning"];
    const base = ["--homedir", folder, "--batch", "--yes", "--pinentry-mode", "loopback", ...clock];
    const weak = ["--passphrase", "", "--allow-weak-digest-algos", "--trust-model", "always"];
    const flags = { encoding: "buffer", ...(input !== undefined && { input }) } as const;
    const { stdout } = await execa("gpg", [...base, ...weak, ...args], flags);
    return Buffer.from(stdout);
  };
  const fingerprints = async (primary: string): Promise<readonly string[]> => {
    const listing = (await run(["--with-colons", "--list-keys", primary])).toString();
    const rows = listing.split("\n").map((line) => line.split(":"));
    return rows.flatMap((row) => (row[0] === "fpr" && row[9] ? [row[9].toLowerCase()] : []));
  };
  let count = 0;
  return {
    folder,
    async key(name, { algorithm = "ed25519", usage = "sign", expire = "never" } = {}) {
      await run([
        "--quick-generate-key",
        `${name} <${name}@example.org>`,
        algorithm,
        usage,
        expire,
      ]);
      const [primary = ""] = await fingerprints(`${name}@example.org`);
      return primary;
    },
    async subkey(primary, { algorithm = "ed25519", usage = "sign", expire = "never" } = {}) {
      await run(["--quick-add-key", primary, algorithm, usage, expire]);
      return (await fingerprints(primary)).at(-1) ?? "";
    },
    async sign(bytes, { by, form = "detached", hash = "SHA512", extra = [] }) {
      const file = join(folder, `file-${++count}`);
      await writeFile(file, bytes);
      const verb = { detached: [], armored: ["--armor"], text: ["--textmode"], clear: [] }[form];
      const how = form === "clear" ? "--clearsign" : "--detach-sign";
      const common = ["--digest-algo", hash, "--local-user", by, ...verb, ...extra];
      await run([...common, "--output", `${file}.sig`, how, file]);
      return await readFile(`${file}.sig`);
    },
    publish: (primary, flags = []) => run(["--armor", ...flags, "--export", primary]),
    async revokeSubkey(primary, index) {
      const answers = `key ${index}\nrevkey\ny\n0\n\ny\nsave\n`;
      await run(["--command-fd", "0", "--expert", "--edit-key", primary], answers);
    },
    async renew(primary, expire) {
      await run(["--quick-set-expire", primary, expire]);
      await run(["--quick-set-expire", primary, expire, "*"]);
    },
    travel(next) {
      today = next;
    },
    async [Symbol.asyncDispose]() {
      await execa("gpgconf", ["--homedir", folder, "--kill", "all"], { reject: false });
      await rm(folder, { recursive: true, force: true });
    },
  };
}
