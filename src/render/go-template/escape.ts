import { runeAt } from "./bytes.ts";
import { isPrintable } from "./quote.ts";

/** Safe between tags and in quoted attributes of HTML. */
export function escapeHtml(bytes: string): string {
  return bytes.replace(/[\0"'&<>]/g, (byte) => HtmlEscapes[byte] ?? byte);
}

/** Safe in a quoted string of JavaScript. */
export function escapeJs(bytes: string): string {
  let out = "";
  for (let at = 0; at < bytes.length; ) {
    const { code, size } = runeAt(bytes, at);
    const rune = bytes.slice(at, at + size);
    if (code < 0x80) out += JsEscapes[rune] ?? (code < 0x20 ? `\\u${hex(code)}` : rune);
    else out += isPrintable(code) ? rune : `\\u${hex(code)}`;
    at += size;
  }
  return out;
}

/** Safe as a name or value of a URL's query: RFC 3986 unreserved stays, a space is `+`. */
export function escapeQuery(bytes: string): string {
  return bytes.replace(/[^\w.~-]/g, (byte) => {
    if (byte === " ") return "+";
    return `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  });
}

const HtmlEscapes: Readonly<Record<string, string>> = {
  "\0": "\xef\xbf\xbd", // U+FFFD, since HTML has no NUL
  '"': "&#34;",
  "'": "&#39;",
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
};

const JsEscapes: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "'": "\\'",
  '"': '\\"',
  "<": "\\u003C",
  ">": "\\u003E",
  "&": "\\u0026",
  "=": "\\u003D",
};

function hex(code: number): string {
  return code.toString(16).toUpperCase().padStart(4, "0");
}
