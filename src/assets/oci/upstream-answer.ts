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
  open(): ArrivingReader;
};

/** Bytes for one client; disposing of it ends the reading. */
export type ArrivingReader = AsyncDisposable & {
  /** Some bytes from `offset` on, up to `end` (exclusive). */
  read(offset: number, end: number): Promise<Buffer>;
};
