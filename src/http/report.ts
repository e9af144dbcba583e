import { type JsonValue, ownValue } from "../boot/json-value.ts";

/** What a booted system tells of itself. */
export type Report = {
  /** Its own word, `up` from user space by convention. */
  readonly stage: string;
  readonly message?: string;
  /** How much of `total` bytes is done. */
  readonly bytes?: number;
  readonly total?: number;
};

export type ReportReading =
  | { readonly kind: "report"; readonly report: Report }
  | { readonly kind: "refused"; readonly sentence: string };

/** The longest message kept of a report; what is over is cut off. */
const messageLimit = 512;

/**
 * A report by the query's words, or by those of a JSON body where the query has none: an installer posts
 * `{"stage", "bytes", "total", "message"}`. A body that is no JSON object says nothing.
 */
export function readReport(labels: Readonly<Record<string, string>>, body: string): ReportReading {
  const posted = readObject(body);
  const word = (key: string) => ownValue(labels, key) ?? textOf(ownValue(posted, key));
  const stage = word("stage") ?? "";
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/.test(stage)) {
    const sentence = "want a stage of 1 to 32 letters, digits, dots or dashes";
    return { kind: "refused", sentence };
  }
  const message = cleanMessage(word("message") ?? "");
  const [bytes, total] = [countOf(word("bytes")), countOf(word("total"))];
  const amounts = { ...(bytes !== undefined && { bytes }), ...(total !== undefined && { total }) };
  return { kind: "report", report: { stage, ...(message !== "" && { message }), ...amounts } };
}

function readObject(body: string): { readonly [key: string]: JsonValue } {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

function countOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

// It ends on terminals and in pages: control characters have no business there.
function cleanMessage(text: string): string {
  return text
    .replace(/\p{Cc}+/gu, " ")
    .slice(0, messageLimit)
    .toWellFormed()
    .trim();
}
