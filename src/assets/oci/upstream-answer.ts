import type { FileReader } from "../hot-library.ts";

/** What an upstream has, or why that is not known. */
export type Upstreamed<T> =
  | ({ readonly kind: "found" } & T)
  | { readonly kind: "absent" }
  | { readonly kind: "busy" }
  | { readonly kind: "failed"; readonly reason: string };

/** A file whose size is known and whose bytes may still be on their way. */
export type ArrivingFile = {
  readonly size: number;
  readonly modified: Date;
  open(): FileReader;
};
