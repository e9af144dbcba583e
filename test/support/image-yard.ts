import type { Recipe } from "../../src/assets/image/recipe.ts";
import { type GpgSigners, openSigners } from "./gpg-signers.ts";
import { recipeOf, sha256 } from "./image-site.ts";
import { openUpstream, type Upstream } from "./image-upstream.ts";

export const kernel = Buffer.alloc(200_000, "kernel");
export const initrd = Buffer.alloc(900_000, "initrd");

/** Upstreams of each kind on two web servers, with keys that GnuPG made. */
export type ImageYard = AsyncDisposable & {
  readonly gpg: GpgSigners;
  readonly upstream: Upstream;
  readonly mirror: Upstream;
  /** The pinned key and the one under it that signs. */
  readonly primary: string;
  readonly signing: string;
  sign(bytes: Uint8Array, by?: string): Promise<Buffer>;
  /** Puts a file on both servers. */
  both(path: string, bytes: Uint8Array): void;
  pinned(): readonly object[];
  /** Nothing on the servers but the key. */
  clear(): Promise<void>;
  /** Each file has a signature beside it; `version.txt` tells the version. */
  flatcar(version?: string): Promise<Recipe>;
  /** A signed index names a list that names the files. */
  debian(): Promise<Recipe>;
  /** Checksums over HTTPS, no signature. */
  talos(): Recipe;
  custom(change?: object): Recipe;
};

export async function openImageYard(): Promise<ImageYard> {
  const gpg = await openSigners("20250101T000000");
  const primary = await gpg.key("upstream", { usage: "cert" });
  const signing = await gpg.subkey(primary);
  const [upstream, mirror] = [await openUpstream(), await openUpstream()];
  /** GnuPG is slow to start, and the same bytes are signed in many tests. */
  const signed = new Map<string, Promise<Buffer>>();
  const sign = (bytes: Uint8Array, by = signing): Promise<Buffer> => {
    const key = `${by} ${sha256(bytes)}`;
    const signature = signed.get(key) ?? gpg.sign(bytes, { by: `${by}!` });
    signed.set(key, signature);
    return signature;
  };
  const both = (path: string, bytes: Uint8Array) => {
    for (const one of [upstream, mirror]) one.files.set(path, bytes);
  };
  const pinned = () => [
    { owner: "Upstream", fingerprint: primary, urls: [`${upstream.origin}/key.asc`] },
  ];
  const flatcar = async (version = "4230.2.3"): Promise<Recipe> => {
    both("amd64-usr/current/version.txt", Buffer.from(`FLATCAR_VERSION=${version}\n`));
    for (const [name, bytes] of Object.entries({ vmlinuz: kernel, initrd })) {
      both(`amd64-usr/${version}/${name}`, bytes);
      both(`amd64-usr/${version}/${name}.sig`, await sign(bytes));
    }
    return recipeOf({
      ...{ name: "flatcar", upstream: "flatcar", index: "{arch}-usr/{version}/version.txt" },
      ...{ mirrors: [upstream.origin, mirror.origin], keys: pinned() },
      files: [
        { role: "kernel", from: "{arch}-usr/{version}/vmlinuz", file: "vmlinuz" },
        { role: "initrd", from: "{arch}-usr/{version}/initrd", file: "initrd" },
        { role: "disk", from: "{arch}-usr/{version}/disk", file: "disk", optional: true },
      ],
    });
  };

  const debian = async (): Promise<Recipe> => {
    const images = "main/installer-amd64/current/images";
    const sums = Buffer.from(
      `${sha256(kernel)}  ./netboot/linux\n${sha256(initrd)}  ./netboot/initrd.gz\n`,
    );
    const release = Buffer.from(
      `Version: 13.2\nSHA256:\n ${sha256(sums)} 99 ${images}/SHA256SUMS\n`,
    );
    const inRelease = await gpg.sign(release, { by: `${signing}!`, form: "clear" });
    both("dists/stable/InRelease", inRelease);
    both(`dists/stable/${images}/SHA256SUMS`, sums);
    both(`dists/stable/${images}/netboot/linux`, kernel);
    both(`dists/stable/${images}/netboot/initrd.gz`, initrd);
    const from = `dists/{channel}/main/installer-{arch}/current/images/netboot`;
    return recipeOf({
      ...{ name: "debian", upstream: "debian", mirrors: [upstream.origin], keys: pinned() },
      files: [
        { role: "kernel", from: `${from}/linux`, file: "linux" },
        { role: "initrd", from: `${from}/initrd.gz`, file: "initrd.gz" },
      ],
    });
  };

  const talos = (): Recipe => {
    both("latest", Buffer.from(`{"tag_name": "v1.11.5"}`));
    both("v1.11.5/sha256sum.txt", Buffer.from(`${sha256(kernel)}  vmlinuz-amd64\n`));
    both("v1.11.5/vmlinuz-amd64", kernel);
    return recipeOf({
      ...{ name: "talos", upstream: "talos", mirrors: [upstream.origin] },
      index: `${upstream.origin}/latest`,
      files: [{ role: "kernel", from: "{version}/vmlinuz-{arch}", file: "vmlinuz" }],
    });
  };

  const custom = (change: object = {}): Recipe => {
    both("linux", kernel);
    return recipeOf({
      ...{
        name: "mine",
        upstream: "custom",
        version: "7",
        mirrors: [upstream.origin, mirror.origin],
      },
      files: [{ role: "kernel", from: "linux", file: "linux", sha256: sha256(kernel) }],
      ...change,
    });
  };

  return {
    ...{ gpg, upstream, mirror, primary, signing, sign, both, pinned },
    ...{ flatcar, debian, talos, custom },
    async clear() {
      for (const one of [upstream, mirror]) {
        one.files.clear();
        one.requests.length = 0;
        one.onRequest = () => {};
      }
      upstream.files.set("key.asc", await gpg.publish(primary));
    },
    async [Symbol.asyncDispose]() {
      for (const one of [upstream, mirror, gpg]) await one[Symbol.asyncDispose]();
    },
  };
}
