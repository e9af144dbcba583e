import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { type ImageId, imagePath } from "../../src/assets/image/image.ts";
import { ImageLibrary } from "../../src/assets/image/image-library.ts";
import {
  formatManifest,
  type ImageManifest,
  type ManifestFile,
} from "../../src/assets/image/manifest.ts";
import { sha256Of, writeFiles } from "./bundle.ts";

/** A host with images, in a folder of its own. */
export type ImageHost = Disposable & {
  readonly root: string;
  readonly library: ImageLibrary;
  /** Puts an image among those that machines may fetch. */
  put(image: WrittenImage): void;
  /** Path → SHA-256 of every file below the folder of images, or of the place given. */
  tree(place?: string): Readonly<Record<string, string>>;
};

export type WrittenImage = {
  readonly id: ImageId;
  readonly files: Readonly<Record<string, string>>;
};

export function openImageHost(): ImageHost {
  const root = mkdtempSync(join(tmpdir(), "kindling-images-"));
  const folders = { published: join(root, "assets/images"), work: join(root, "images") };
  mkdirSync(folders.published, { recursive: true });
  return {
    root,
    library: new ImageLibrary(folders, () => Date.parse("2026-11-30T08:00:00Z")),
    put: ({ id, files }) => writeFiles(join(folders.published, imagePath(id)), files),
    tree: (place = "assets/images") => hashTree(join(root, place)),
    [Symbol.dispose]: () => rmSync(root, { recursive: true }),
  };
}

function hashTree(root: string): Readonly<Record<string, string>> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory());
  const rows = files.map(({ parentPath, name }) => {
    const path = join(parentPath, name);
    const hash = createHash("sha256").update(readFileSync(path)).digest("hex");
    return [relative(root, path), hash] as const;
  });
  return Object.fromEntries(rows.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const at = "2026-11-30T07:22:04.000Z";
const source = { url: "https://files.example/x", mirror: "https://files.example", fetchedAt: at };

/** What a test wants of an image; files and papers by place, papers below `proof/`. */
export type ImageWishes = {
  readonly id: ImageId;
  readonly files: Readonly<Record<string, string>>;
  readonly papers?: Readonly<Record<string, string>>;
  /** File → who vouched. */
  readonly vouchers?: Readonly<Record<string, ManifestFile["vouchers"]>>;
  readonly documents?: ImageManifest["documents"];
  readonly change?: Partial<ImageManifest>;
};

/** An image as it lies on disk; the first file is its kernel, the others are RAM disks. */
export function imageOf(wish: ImageWishes): WrittenImage {
  const files = Object.entries(wish.files).map(([file, body], index) => ({
    ...({ role: index === 0 ? "kernel" : "initrd", file } as const),
    ...{ bytes: Buffer.byteLength(body), sha256: sha256Of(body) },
    ...{ url: source.url, mirror: source.mirror, fetchedAt: at },
    vouchers: wish.vouchers?.[file] ?? [{ kind: "https" as const, host: "files.example" }],
  }));
  const manifest: ImageManifest = {
    ...{ format: 1, ...wish.id, channel: "stable", title: "An image", pulledAt: at },
    tree: "https://files.example/tree",
    boot: { args: ["initrd=main"], required: [], ramMib: 1024, secureBoot: "unsigned" },
    files,
    documents: wish.documents ?? [],
    ...wish.change,
  };
  const papers = Object.entries(wish.papers ?? {}).map(([file, body]) => [`proof/${file}`, body]);
  return {
    id: wish.id,
    files: {
      "manifest.json": formatManifest(manifest),
      ...Object.fromEntries(papers),
      ...wish.files,
    },
  };
}

/** The row of a document, and who vouched for it. */
export function documentOf(
  name: string,
  body: string,
  vouchers: ImageManifest["documents"][number]["vouchers"],
): ImageManifest["documents"][number] {
  const hash = { bytes: Buffer.byteLength(body), sha256: sha256Of(body) };
  return { name, file: name, ...hash, ...source, vouchers };
}

export function signedBy(file: string, primary: string): ManifestFile["vouchers"][number] {
  return { kind: "signature", file, owner: "upstream", primary, signing: primary, madeAt: at };
}
