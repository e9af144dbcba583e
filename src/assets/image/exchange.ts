import { assertNever } from "../../errors.ts";

/** What is asked for: all of a file, the rest of one, or a document only if it has changed. */
export type Asked =
  | { readonly kind: "whole" }
  | {
      readonly kind: "rest";
      /** Bytes that are here. */
      readonly from: number;
      /** ETag or date of the answer that they are of; without it they are compared at the end only. */
      readonly validator?: string | undefined;
    }
  | { readonly kind: "if-changed"; readonly etag: string };

/** Fields of an answer; names in lower case. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What an answer means for a fetch. */
export type AnswerDecision =
  /** The body is the file from `from` on; `total` is its whole length, if that is told. */
  | {
      readonly kind: "body";
      readonly from: number;
      readonly total?: number;
      readonly validator?: string;
    }
  /** All bytes are here already. */
  | { readonly kind: "complete" }
  | { readonly kind: "unchanged" }
  /** What is here is of another file: begin at the first byte. */
  | { readonly kind: "restart"; readonly reason: string }
  | { readonly kind: "redirect"; readonly url: string }
  /** This server may do better later. */
  | { readonly kind: "later"; readonly reason: string; readonly waitMs?: number }
  /** This server will not. */
  | { readonly kind: "refused"; readonly reason: string };

/** A server that asks for a longer pause is left for the next mirror. */
const pauseMsMax = 60_000;

/** The fields of a request. Compression would make other bytes than those that are signed. */
export function headersFor(asked: Asked): Readonly<Record<string, string>> {
  const common = { "accept-encoding": "identity" };
  switch (asked.kind) {
    case "whole":
      return common;
    case "if-changed":
      return { ...common, "if-none-match": asked.etag };
    case "rest": {
      const range = { ...common, range: `bytes=${asked.from}-` };
      return asked.validator === undefined ? range : { ...range, "if-range": asked.validator };
    }
    default:
      return assertNever(asked);
  }
}

/** What the answer of `url` to what was asked means. */
export function decideAnswer(
  url: string,
  asked: Asked,
  { status, headers }: { readonly status: number; readonly headers: AnswerHeaders },
): AnswerDecision {
  if (status === 200) return decideBody(asked, headers, 0);
  if (status === 206) return decidePart(asked, headers);
  if (status === 304 && asked.kind === "if-changed") return { kind: "unchanged" };
  if (status === 416 && asked.kind === "rest") return decideBeyond(asked.from, headers);
  if ([301, 302, 303, 307, 308].includes(status)) return decideRedirect(url, headers);
  if ([408, 425, 429].includes(status) || status >= 500) {
    const seconds = Number(first(headers["retry-after"]));
    const waitMs = seconds * 1000;
    const reason = `answered ${status}`;
    if (!(waitMs > 0)) return { kind: "later", reason };
    if (waitMs > pauseMsMax) return { kind: "refused", reason: `${reason}, for ${seconds} s` };
    return { kind: "later", reason, waitMs };
  }
  return { kind: "refused", reason: `answered ${status}` };
}

/** What the bytes that are about to come are known by: a strong ETag, else the date of their change. */
export function validatorOf(headers: AnswerHeaders): string | undefined {
  const etag = first(headers["etag"]);
  // A weak one may stand for other bytes, and is not allowed here (RFC 9110 §13.1.5).
  if (etag?.startsWith('"')) return etag;
  return first(headers["last-modified"]);
}

function decideBody(asked: Asked, headers: AnswerHeaders, from: number): AnswerDecision {
  const encoding = first(headers["content-encoding"]) ?? "identity";
  if (encoding !== "identity") {
    return { kind: "refused", reason: `answered with content-encoding ${encoding}` };
  }
  const told = first(headers["content-length"]);
  const validator = validatorOf(headers);
  return {
    ...{ kind: "body", from },
    ...(told !== undefined && /^\d{1,15}$/.test(told) && { total: from + Number(told) }),
    ...(validator !== undefined && asked.kind !== "if-changed" && { validator }),
    ...(asked.kind === "if-changed" && etagOf(headers)),
  };
}

function etagOf(headers: AnswerHeaders): { readonly validator: string } | undefined {
  const etag = first(headers["etag"]);
  return etag === undefined ? undefined : { validator: etag };
}

function decidePart(asked: Asked, headers: AnswerHeaders): AnswerDecision {
  const [, start, total] = contentRange(headers) ?? [];
  if (asked.kind !== "rest" || start === undefined) {
    return { kind: "refused", reason: "answered 206 without the range that was asked for" };
  }
  if (Number(start) !== asked.from) {
    return { kind: "restart", reason: `sent bytes from ${start}, want ${asked.from}` };
  }
  const body = decideBody(asked, headers, asked.from);
  if (body.kind !== "body" || total === undefined) return body;
  return { ...body, total: Number(total) };
}

// The range begins behind the end: all is here, or what is here is of another file.
function decideBeyond(from: number, headers: AnswerHeaders): AnswerDecision {
  const total = /^bytes \*\/(\d{1,15})$/.exec(first(headers["content-range"]) ?? "")?.[1];
  if (total !== undefined && Number(total) === from) return { kind: "complete" };
  return { kind: "restart", reason: `has ${total ?? "fewer"} bytes, and ${from} are here` };
}

function decideRedirect(url: string, headers: AnswerHeaders): AnswerDecision {
  const location = first(headers["location"]);
  const target = location === undefined ? null : URL.parse(location, url);
  if (target === null) return { kind: "refused", reason: "redirects to no URL" };
  const isPlain = target.protocol === "http:";
  if (url.startsWith("https:") && isPlain) {
    return { kind: "refused", reason: `redirects from https to ${target.href}` };
  }
  if (!isPlain && target.protocol !== "https:") {
    return { kind: "refused", reason: `redirects to ${target.href}` };
  }
  return { kind: "redirect", url: target.href };
}

function contentRange(headers: AnswerHeaders): readonly (string | undefined)[] | undefined {
  const text = first(headers["content-range"]) ?? "";
  const found = /^bytes (\d{1,15})-\d{1,15}\/(?:(\d{1,15})|\*)$/.exec(text);
  return found === null ? undefined : [...found];
}

function first(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "object" ? value[0] : value;
}
