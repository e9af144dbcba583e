import { decideRange } from "./range.ts";

/** A file's name for its present content, and when that came to be (1 s resolution on the wire). */
export type Validators = {
  readonly etag: string;
  /** Further names of the same content, which conditions may use too. */
  readonly aliases?: readonly string[];
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

/**
 * The tag to answer with: the one that the request's conditions hold, so that a client that resumes
 * sees the name it knows, else the best.
 */
export function tagFor(headers: ConditionHeaders, validators: Validators): string {
  const told = [headers["if-range"], headers["if-match"], headers["if-none-match"]].join(" ");
  return tagsOf(told).find((tag) => isNamed(validators, tag)) ?? validators.etag;
}

function isNamed({ etag, aliases }: Validators, tag: string): boolean {
  return tag === etag || aliases?.includes(tag) === true;
}

function holdsMatch(headers: ConditionHeaders, validators: Validators): boolean {
  const { modified } = validators;
  const match = headers["if-match"];
  if (match !== undefined) {
    return match.trim() === "*" || tagsOf(match).some((tag) => isNamed(validators, tag));
  }
  const since = parseDate(headers["if-unmodified-since"]);
  return since === undefined || seconds(modified) <= seconds(since);
}

function isUnchanged(headers: ConditionHeaders, validators: Validators): boolean {
  const { modified } = validators;
  const none = headers["if-none-match"];
  if (none !== undefined) {
    // §8.8.3.2: this one compares weakly, so a cache's W/ mark does not count.
    const tags = tagsOf(none.replaceAll("W/", ""));
    return none.trim() === "*" || tags.some((tag) => isNamed(validators, tag));
  }
  const since = parseDate(headers["if-modified-since"]);
  return since !== undefined && seconds(modified) <= seconds(since);
}

// §13.1.5: a tag must match strongly, a date exactly; else the whole file goes out.
function holdsIfRange(condition: string | undefined, validators: Validators): boolean {
  if (condition === undefined || isNamed(validators, condition)) return true;
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
