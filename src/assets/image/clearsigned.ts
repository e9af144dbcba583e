import { WireError } from "../../errors.ts";

/** A text with the signature around it (RFC 9580 §7), taken apart. */
export type Clearsigned = {
  /** What is signed, and the only part that may be believed. */
  readonly text: string;
  /** The bytes that the signature is of: CRLF between lines, no blanks at their ends. */
  readonly canonical: Uint8Array;
  /** Armored. */
  readonly signature: string;
};

const begin = "-----BEGIN PGP SIGNED MESSAGE-----";
const middle = "-----BEGIN PGP SIGNATURE-----";
const end = "-----END PGP SIGNATURE-----";

/**
 * Bytes → their parts; throws `WireError` for anything else. The whole of it must be the one frame: text
 * before or behind, which looks signed to a reader and is not, has fooled programs that were less strict.
 */
export function splitClearsigned(bytes: Uint8Array): Clearsigned {
  // Latin-1 keeps every byte as it is.
  const lines = Buffer.from(bytes).toString("latin1").trimEnd().split("\n").map(trimLineEnd);
  const head = lines.indexOf("");
  const at = lines.indexOf(middle);
  if (lines[0] !== begin || head < 1 || at < head || lines.at(-1) !== end) {
    throw invalid("frame", "want one clearsigned text and nothing around it");
  }
  const odd = lines.slice(1, head).find((line) => !line.startsWith("Hash: "));
  if (odd !== undefined) throw invalid("header", `want the header Hash only, got ${odd}`);
  const signed = lines.slice(head + 1, at).map(withoutDash);
  const armor = lines.slice(at);
  if (armor.indexOf(end) !== armor.length - 1) throw invalid("signature", "want one signature");
  return {
    text: Buffer.from(`${signed.join("\n")}\n`, "latin1").toString("utf8"),
    canonical: Buffer.from(signed.join("\r\n"), "latin1"),
    signature: `${armor.join("\n")}\n`,
  };
}

function trimLineEnd(line: string): string {
  return line.replace(/[ \t\r]+$/, "");
}

function withoutDash(line: string): string {
  if (line.startsWith("- ")) return line.slice(2);
  // A blank at the end is gone already: an escaped empty line is a lone dash.
  if (line === "-") return "";
  if (!line.startsWith("-")) return line;
  throw invalid("text", "want lines that begin with a dash escaped");
}

function invalid(field: string, why: string): WireError {
  return new WireError("wire.invalid", `clearsigned text: ${why}`, { field, want: why });
}
