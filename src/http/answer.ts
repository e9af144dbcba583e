import type { BootPlan } from "../boot/decide.ts";
import type { Install } from "../boot/install.ts";
import type { MacAddress } from "../wire/mac.ts";
import { decideRange } from "./range.ts";
import { sniffType } from "./sniff.ts";

/** What a machine is told on one route, before it is cut, signed or sent. */
export type Answer =
  | {
      readonly kind: "found";
      readonly body: Buffer;
      /** Absent: read from the body. */
      readonly type?: string;
      /** Whether parts of it may be asked for. */
      readonly ranges?: boolean;
      /** The plan behind a boot script, for those that watch. */
      readonly plan?: BootPlan;
      /** What must be on disk before the script leaves. */
      readonly install?: { readonly mac: MacAddress; readonly next: Install };
    }
  | { readonly kind: "missing" }
  | { readonly kind: "unusable"; readonly reason: string };

/** An answer as it goes out; its body is the whole of what is sent, signed or not. */
export type Delivered = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
};

/** The request headers that bear on it. Text is rendered anew, so no condition holds for it. */
export type RangeHeaders = {
  readonly range?: string | undefined;
  readonly "if-range"?: string | undefined;
};

const plainText = "text/plain; charset=utf-8";

/** Nothing to serve: the one text for every reason, since firmware shows the status and no more. */
const notFound: Delivered = plain(404, "404 page not found\n", {
  "x-content-type-options": "nosniff",
});

/** The status, headers and bytes of an answer to a request with these headers. */
export function deliverAnswer(answer: Answer, headers: RangeHeaders): Delivered {
  switch (answer.kind) {
    case "missing":
      return notFound;
    case "unusable":
      return plain(500, `${answer.reason}\n`);
    case "found":
      return deliverBody(answer, headers);
  }
}

function deliverBody(
  { body, type, ranges }: Extract<Answer, { kind: "found" }>,
  headers: RangeHeaders,
): Delivered {
  const told = {
    "content-type": type ?? sniffType(body),
    ...(ranges && { "accept-ranges": "bytes" }),
  };
  // There is no tag and no date that If-Range could name, so it never holds (RFC 9110 §13.1.5).
  const asked = ranges && headers["if-range"] === undefined ? headers.range : undefined;
  if (asked === undefined) return { status: 200, headers: told, body };
  const range = decideRange(asked, body.length);
  switch (range.kind) {
    case "whole":
      return { status: 200, headers: told, body };
    case "malformed-range":
      return plain(416, "invalid range\n");
    case "unsatisfiable":
      return plain(416, "invalid range: failed to overlap\n", {
        "content-range": `bytes */${body.length}`,
      });
    case "part": {
      const content = `bytes ${range.first}-${range.last}/${body.length}`;
      const part = body.subarray(range.first, range.last + 1);
      return { status: 206, headers: { ...told, "content-range": content }, body: part };
    }
  }
}

function plain(status: number, text: string, more: Record<string, string> = {}): Delivered {
  return { status, headers: { "content-type": plainText, ...more }, body: Buffer.from(text) };
}
