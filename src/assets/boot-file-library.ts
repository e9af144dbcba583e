import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Architecture } from "../boot/firmware.ts";
import { readBootFileName } from "../boot/loader-file.ts";
import type { IpAddress } from "../wire/ip.ts";
import type { MacAddress } from "../wire/mac.ts";
import { type FileLibrary, openFileLibrary } from "./file-library.ts";
import type { LoaderLibrary, LoaderLookup } from "./loader-library.ts";

/** Who asks for a boot file, as far as is known, and where it found us. */
export type BootFileAsker = {
  readonly mac?: MacAddress | undefined;
  readonly arch?: Architecture | undefined;
  readonly server: IpAddress;
};

/** Texts that are made for one machine; undefined: there is none for it. */
export type BootTexts = {
  autoexec(asker: BootFileAsker): string;
  diagnosis(asker: BootFileAsker): string | undefined;
  grubConfig(asker: BootFileAsker): Promise<string | undefined>;
};

export type BootFileDeps = {
  readonly loaders: LoaderLibrary;
  readonly texts: BootTexts;
  /** Where GRUB's kernels lie; undefined: none is served by these names. */
  readonly assets: () => string | undefined;
  readonly now: () => number;
};

/** The tree of names that TFTP serves, and HTTP below `/loaders/`: the same bytes by either. */
export type BootFileLibrary = {
  find(path: string, asker: BootFileAsker): Promise<LoaderLookup>;
  /** Of assets; the loaders' are their library's. */
  keptBytes(): number;
};

/** A kernel or RAM disk is held in memory while it is sent; one that is larger is for HTTP. */
const assetBytesMax = 128 * 1024 * 1024;
/** A rack that starts together asks for the same kernel and RAM disk: they are read once. */
const assetCacheBytesMax = 256 * 1024 * 1024;

/** `path` is clean: no empty, hidden or upward segment. */
export function openBootFiles(deps: BootFileDeps): BootFileLibrary {
  const { loaders, texts } = deps;
  const files = openFileLibrary(assetCacheBytesMax);
  return {
    keptBytes: files.keptBytes,
    async find(path, asker) {
      const meant = readBootFileName(path, asker.arch);
      switch (meant.kind) {
        case "loader":
          return findFirst(loaders, meant.names);
        case "autoexec":
          return madeText(path, texts.autoexec(asker), deps);
        case "diagnosis":
          return madeText(path, texts.diagnosis(asker), deps);
        case "grub-config":
          return madeText(path, await texts.grubConfig(asker), deps);
        case "asset":
          return findAsset(path, meant.path, { assets: deps.assets(), files });
        case "optional":
          // An operator's own one counts; shim takes a revocation list so.
          return loaders.has(meant.name) ? loaders.find(meant.name) : missing("not needed");
      }
    },
  };
}

async function findFirst(loaders: LoaderLibrary, names: readonly string[]): Promise<LoaderLookup> {
  const there = names.find((name) => loaders.has(name));
  return loaders.find(there ?? names[0] ?? "");
}

function madeText(name: string, text: string | undefined, { now }: BootFileDeps): LoaderLookup {
  if (text === undefined) return missing("nothing to boot for this machine");
  const bytes = Buffer.from(text);
  return {
    kind: "file",
    name,
    bytes,
    path: name,
    sha256: hashOf(bytes),
    modified: new Date(now()),
  };
}

async function findAsset(
  name: string,
  path: string,
  { assets, files }: { assets: string | undefined; files: FileLibrary },
): Promise<LoaderLookup> {
  if (assets === undefined) return missing("assets come by HTTP");
  const wish = { path: join(assets, path), within: assets, bytesMax: assetBytesMax };
  const found = await files.read(wish);
  if (found.kind === "content") return { ...found.content, kind: "file", name };
  return missing(found.kind === "absent" ? "no such asset" : `asset ${found.reason}`);
}

function missing(reason: string): LoaderLookup {
  return { kind: "missing", reason };
}

function hashOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
