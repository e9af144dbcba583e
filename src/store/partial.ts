import { WireError } from "../errors.ts";

/** What partials are kept as: `templates/NAME.tmpl`. */
export const partialEnding = ".tmpl";

/** A text that templates may call by the name of its file, or why none may. */
export type PartialFile =
  | { readonly kind: "text"; readonly file: string; readonly text: string }
  | { readonly kind: "broken"; readonly file: string; readonly reason: string };

/** Partials by name. Each is the same object for as long as its file is the same. */
export type Partials = ReadonlyMap<string, PartialFile>;

/** Throws `KindlingError` with `line` and `column`, from 1, for a text that is no template. */
export type CheckPartial = (file: string, text: string) => void;

const nameWanted = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/;

/** What `{{template "NAME"}}` calls a file; throws `WireError` for a name outside the grammar. */
export function partialName(file: string): string {
  const name = file.slice(0, -partialEnding.length);
  if (nameWanted.test(name)) return name;
  const want = "a name of at most 64 letters, digits, dots, dashes and underscores";
  throw new WireError("wire.invalid", `want ${want}, got ${JSON.stringify(name)}`, {
    field: "file",
  });
}
