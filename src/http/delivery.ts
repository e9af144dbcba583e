import { decideRange } from "./range.ts";

/** A file's name for its present content, and when that came to be (1 s resolution on the wire). */
export type Validators = {
  readonly etag: string;
  readonly modified: Date;
};

/** The request headers that bear on what is sent of a file. */
export type ConditionHeaders = {
  readonly [Name in
    | "range"
    | "if-range"
    | "if-match"
    | "if-none-match"
    | "if-modified-since"
    | "if-unmodified-since"]?: string | undefined;
};

export type Delivery =
  | { readonly kind: "whole" }
  | { readonly kind: "part"; readonly first: number; readonly last: number }
  | { readonly kind: "not-modified" }
  | { readonly kind: "precondition-failed" }
  | { readonly kind: "unsatisfiable" }
  | { readonly kind: "malformed-range" };

/** Which bytes of a file of `size` this request gets, in the order of RFC 9110 §13.2.2. */
export function decideDelivery(
  headers: ConditionHeaders,
  size: number,
  validators: Validators,
): Delivery {
  if (!holdsMatch(headers, validators)) return { kind: "precondition-failed" };
  if (isUnchanged(headers, validators)) return { kind: "not-modified" };
  const range = headers.range;
  if (range === undefined || !holdsIfRange(headers["if-range"], validators))
    return { kind: "whole" };
  return decideRange(range, size);
}

function holdsMatch(headers: ConditionHeaders, { etag, modified }: Validators): boolean {
  const match = headers["if-match"];
  if (match !== undefined) {
    return match.trim() === "*" || tagsOf(match).includes(etag);
  }
  const since = parseDate(headers["if-unmodified-since"]);
  return since === undefined || seconds(modified) <= seconds(since);
}

function isUnchanged(headers: ConditionHeaders, { etag, modified }: Validators): boolean {
  const none = headers["if-none-match"];
  if (none !== undefined) {
    // §8.8.3.2: this one compares weakly, so a cache's W/ mark does not count.
    return none.trim() === "*" || tagsOf(none.replaceAll("W/", "")).includes(etag);
  }
  const since = parseDate(headers["if-modified-since"]);
  return since !== undefined && seconds(modified) <= seconds(since);
}

// §13.1.5: a tag must match strongly, a date exactly; else the whole file goes out.
function holdsIfRange(condition: string | undefined, validators: Validators): boolean {
  if (condition === undefined || condition === validators.etag) return true;
  const date = parseDate(condition);
  return date !== undefined && seconds(date) === seconds(validators.modified);
}

function tagsOf(list: string): readonly string[] {
  return list.match(/(W\/)?"[^"]*"/g) ?? [];
}

/**
 * A header's date, or undefined for none or a text that is no HTTP date: such a condition is
 * ignored.
 */
function parseDate(text: string | undefined): Date | undefined {
  if (text === undefined || !/^[A-Z][a-z]{2}.* GMT$/.test(text)) return undefined;
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
