import { z } from "zod";
import { WireError } from "../../errors.ts";
import { ImageArchitectures, imagePath } from "./image.ts";
import { manifestFile, proofFolder } from "./manifest.ts";
import { isImageName } from "./names.ts";
import { type TarEvent, TarReader } from "./tar-read.ts";

/**
 * Bundles: images in one file, for a place without a network. A bundle is a tar archive compressed by zstd,
 * with a seal behind it (`bundle-seal.ts`). Its first member lists all others with size and SHA-256,
 * and they follow in one order only, so that nothing can be there twice, missing or besides.
 *
 *     kindling-bundle.json
 *     <name>/<version>/<arch>/manifest.json      of every image, then
 *     <name>/<version>/<arch>/proof/…            indexes, signatures and keys, then
 *     <name>/<version>/<arch>/…                  the files
 */
export const bundleFile = "kindling-bundle.json";

/** What a bundle may make of us. An install tree has some 7000 files. */
const limits = {
  textBytes: 8 * 1024 * 1024,
  images: 64,
  files: 20_000,
  /** Of a manifest or proof, which are held in memory; and of all together. */
  smallBytes: 16 * 1024 * 1024,
  smallBytesInAll: 64 * 1024 * 1024,
  bytesInAll: 1024 ** 4,
  /** Behind the last member: the end of an archive, and what archivers fill a tape's block up with. */
  tailBytes: 1024 * 1024,
} as const;

const name = z.string().refine(isImageName, "want letters, digits and . _ + ~ - only");
const file = z.string().refine(isBundlePath, "want a relative path that stays in its folder");

const bundleSchema = z.strictObject({
  format: z.literal("kindling-bundle"),
  version: z.literal(1),
  images: z
    .array(
      z.strictObject({
        name,
        version: name,
        arch: z.enum(ImageArchitectures),
        files: z
          .array(
            z.strictObject({
              file,
              bytes: z.int().min(0),
              sha256: z.string().regex(/^[0-9a-f]{64}$/, "want 64 hexadecimal digits"),
            }),
          )
          .min(1)
          .max(limits.files),
      }),
    )
    .min(1)
    .max(limits.images),
});

/** What a bundle says that it holds. */
export type Bundle = z.output<typeof bundleSchema>;
export type BundleImage = Bundle["images"][number];

/** One file of a bundle. */
export type BundleMember = {
  readonly image: BundleImage;
  /** Below the image's folder. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
};

export type BundleEvent =
  | { readonly kind: "bundle"; readonly bundle: Bundle }
  | { readonly kind: "begin"; readonly member: BundleMember }
  /** A view of the given chunk, good until the next one is given. */
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  | { readonly kind: "end"; readonly member: BundleMember };

/** What a folder may hold beyond the places of `isImageFile`: the names of a distribution's tree. */
export function isBundlePath(text: string): boolean {
  const names = text.split("/");
  const isName = (part: string) => /^[ -.0-[\]-~]{1,255}$/.test(part) && !/^\.{1,2}$/.test(part);
  return text.length <= 1024 && names.length <= 16 && names.every(isName);
}

/** Held in memory when it is read, and needed before the rest can be judged. */
export function isProof(path: string): boolean {
  return path === manifestFile || path.startsWith(`${proofFolder}/`);
}

export function memberPath({ image, file }: BundleMember): string {
  return `${imagePath(image)}/${file}`;
}

/** All files in the order of the archive. */
export function bundleMembers({ images }: Bundle): readonly BundleMember[] {
  const members = images.flatMap((image) => image.files.map((row) => ({ image, ...row })));
  const keyed = members.map((member) => ({ member, key: `${rank(member)} ${memberPath(member)}` }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ member }) => member);
}

function rank(member: BundleMember): number {
  if (member.file === manifestFile) return 0;
  return isProof(member.file) ? 1 : 2;
}

export function formatBundle(bundle: Bundle): string {
  return `${JSON.stringify(bundle, null, 1)}\n`;
}

export function parseBundle(bytes: Uint8Array): Bundle {
  const result = bundleSchema.safeParse(readJson(bytes));
  if (!result.success) {
    const told = result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    throw invalid(told.slice(0, 3).join("; "));
  }
  const trouble = findContradiction(result.data);
  if (trouble !== undefined) throw invalid(trouble);
  return result.data;
}

function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
  }
}

function findContradiction(bundle: Bundle): string | undefined {
  const members = bundleMembers(bundle);
  const paths = new Set(members.map(memberPath));
  if (paths.size < members.length) return "a file is named twice";
  const inside = [...paths].find((path) => {
    const parts = path.split("/");
    return parts.some((_, at) => at > 0 && paths.has(parts.slice(0, at).join("/")));
  });
  if (inside !== undefined) return `${inside} lies in what is a file itself`;
  const bare = bundle.images.find(
    ({ files }) => !files.some(({ file: at }) => at === manifestFile),
  );
  if (bare !== undefined) return `${imagePath(bare)} has no ${manifestFile}`;
  const small = members.filter(({ file: at }) => isProof(at)).map(({ bytes }) => bytes);
  if (small.some((bytes) => bytes > limits.smallBytes)) {
    return `want at most ${limits.smallBytes} bytes for a manifest or proof`;
  }
  if (sum(small) > limits.smallBytesInAll) {
    return `want at most ${limits.smallBytesInAll} bytes of manifests and proofs`;
  }
  const all = sum(members.map(({ bytes }) => bytes));
  return all > limits.bytesInAll
    ? `want at most ${limits.bytesInAll} bytes, got ${all}`
    : undefined;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Takes the archive of a bundle apart while its bytes arrive; throws `WireError` for any other. */
export class BundleReader {
  readonly #tar = new TarReader();
  #head: { readonly bytes: Uint8Array; filled: number } | undefined;
  #members: readonly BundleMember[] | undefined;
  #next = 0;
  #isOpen = false;
  #tail = 0;

  /** What the bytes belong to, for the words of an error. */
  get place(): string {
    const member = this.#members?.[this.#next];
    if (this.#members === undefined) return bundleFile;
    return member === undefined ? "the end of the archive" : memberPath(member);
  }

  *push(chunk: Uint8Array): Generator<BundleEvent> {
    if (this.#members !== undefined && this.#next === this.#members.length) {
      this.#tail += chunk.length;
      if (this.#tail > limits.tailBytes) throw invalid("more bytes come behind the last file");
    }
    for (const event of this.#tar.push(chunk)) yield* this.#take(event);
  }

  /** Throws unless every file was there. */
  finish(): void {
    this.#tar.finish();
    if (this.#members !== undefined && this.#next === this.#members.length) return;
    const message = `bundle: it ends before ${this.place}`;
    throw new WireError("wire.truncated", message, { field: this.place });
  }

  *#take(event: TarEvent): Generator<BundleEvent> {
    if (event.kind === "entry") return yield* this.#begin(event);
    if (event.kind === "data") return yield* this.#continue(event.bytes);
    if (this.#isOpen) yield* this.#end();
  }

  *#begin(entry: TarEvent & { kind: "entry" }): Generator<BundleEvent> {
    if (this.#members === undefined) return this.#beginHead(entry);
    const member = this.#members[this.#next];
    const path = member && memberPath(member);
    // Archivers write a row for each folder; nothing is made of one.
    if (entry.type === "folder" && path?.startsWith(entry.name.replace(/\/*$/, "/"))) return;
    if (member === undefined) throw invalid(`want nothing more, got ${entry.name}`);
    if (entry.type !== "file" || entry.name !== path) {
      throw invalid(`want the file ${path} next, got the ${entry.type} ${entry.name}`);
    }
    if (entry.bytes !== member.bytes) {
      throw invalid(`${path}: want ${member.bytes} bytes, got ${entry.bytes}`);
    }
    this.#isOpen = true;
    yield { kind: "begin", member };
  }

  #beginHead({ name: path, type, bytes }: TarEvent & { kind: "entry" }): void {
    if (path !== bundleFile || type !== "file") {
      throw invalid(`want the file ${bundleFile} first, got the ${type} ${path}`);
    }
    if (bytes > limits.textBytes) {
      throw invalid(`want at most ${limits.textBytes} bytes for ${bundleFile}, got ${bytes}`);
    }
    this.#head = { bytes: new Uint8Array(bytes), filled: 0 };
    this.#isOpen = true;
  }

  *#continue(bytes: Uint8Array): Generator<BundleEvent> {
    if (this.#head === undefined) return yield { kind: "data", bytes };
    this.#head.bytes.set(bytes, this.#head.filled);
    this.#head.filled += bytes.length;
  }

  *#end(): Generator<BundleEvent> {
    this.#isOpen = false;
    const member = this.#members?.[this.#next];
    if (this.#head !== undefined) {
      const bundle = parseBundle(this.#head.bytes);
      this.#head = undefined;
      this.#members = bundleMembers(bundle);
      yield { kind: "bundle", bundle };
    } else if (member !== undefined) {
      this.#next += 1;
      yield { kind: "end", member };
    }
  }
}

function invalid(why: string): WireError {
  return new WireError("wire.invalid", `bundle: ${why}`, { field: "bundle" });
}
