import type { ImageId, ImageRole } from "./image.ts";
import type { ImageManifest, Voucher } from "./manifest.ts";
import { fillPlaceholders } from "./names.ts";
import type { Recipe } from "./recipe.ts";

/** A file that an operator brought, or that was taken out of one. */
export type BroughtFile = {
  readonly role: ImageRole;
  /** Its place in the image's folder. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** What the operator's file is called. */
  readonly carrier: string;
  /** Where in the carrier it lay, and the carrier's own checksum. */
  readonly inside?: { readonly member: string; readonly sha256: string } | undefined;
  readonly vouchers: readonly Voucher[];
};

/** An image that was brought by hand; it boots as the recipe of its name says. */
export type HandImage = {
  readonly id: ImageId;
  readonly recipe: Recipe;
  readonly channel: string;
  readonly files: readonly BroughtFile[];
  readonly documents: ImageManifest["documents"];
  /** Below `{origin}`, where this host serves the tree that came with it. */
  readonly tree?: string | undefined;
  /** ISO 8601. */
  readonly now: string;
};

export function manifestByHand(image: HandImage): ImageManifest {
  const { id, recipe, channel, files, documents, tree, now } = image;
  const { args, required, ramMib, secureBoot } = recipe.boot;
  // The upstream's tree is out of reach here; `{origin}` is filled in when a profile is made.
  const own = tree === undefined ? {} : { tree: `{origin}${tree}` };
  const [first] = files;
  return {
    ...{ format: 1, ...id, channel, title: recipe.title, pulledAt: now },
    tree: tree ?? urlOf(first?.carrier ?? ""),
    boot: { args: args.map((arg) => fillPlaceholders(arg, own)), required, ramMib, secureBoot },
    files: files.map(({ role, file, bytes, sha256, carrier, inside, vouchers }) => ({
      ...{ role, file, bytes, sha256 },
      ...{ url: urlOf(carrier), fetchedAt: now },
      ...(inside !== undefined && { member: inside.member, archiveSha256: inside.sha256 }),
      vouchers: [...vouchers],
    })),
    documents,
  };
}

/** A file's name as the manifest tells where bytes are from; where it lay is nobody's business. */
export function urlOf(carrier: string): string {
  return `file:${encodeURIComponent(carrier)}`;
}
