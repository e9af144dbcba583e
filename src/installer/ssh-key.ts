/** What a line that should be a public key turns out to be. */
export type SshKeyKind = "public" | "private" | "unreadable";

/**
 * Reads a line of `authorized_keys` without options. A public key names its type twice, before the
 * base64 and as its first field (RFC 4253 §6.6), so that a cut or mixed one is told from a whole.
 */
export function readSshKey(text: string): SshKeyKind {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----|^PuTTY-User-Key-File/.test(text)) return "private";
  const [type = "", base64 = "", ...rest] = text.trim().split(/[ \t]+/);
  if (/[\r\n]/.test(rest.join("")) || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return "unreadable";
  const bytes = Buffer.from(base64, "base64");
  if (bytes.length < 4) return "unreadable";
  const length = bytes.readUInt32BE(0);
  return bytes.toString("latin1", 4, 4 + length) === type && fieldsEnd(bytes)
    ? "public"
    : "unreadable";
}

// Each field has its length before it; together they are all of it.
function fieldsEnd(bytes: Buffer): boolean {
  let at = 0;
  while (at + 4 <= bytes.length) at += 4 + bytes.readUInt32BE(at);
  return at === bytes.length;
}
