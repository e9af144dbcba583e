/** Octets of the hardware addresses a `mac` label may hold: Ethernet, EUI-64, InfiniBand. */
const lengths = [6, 8, 20];

const Grammars = [
  /^[0-9a-f]{2}(:[0-9a-f]{2})+$/,
  /^[0-9a-f]{2}(-[0-9a-f]{2})+$/,
  /^[0-9a-f]{4}(\.[0-9a-f]{4})+$/,
  /^[0-9a-f]+$/,
];

/**
 * The canonical text (lower case, colons) of a `mac` label or selector, or undefined if it is none.
 * Wider than `parseMac`: an InfiniBand host announces 20 octets, and its group has to match too.
 */
export function canonicalMacLabel(text: string): string | undefined {
  const lower = text.toLowerCase();
  if (!Grammars.some((grammar) => grammar.test(lower))) return undefined;
  const hex = lower.replace(/[:.-]/g, "");
  if (!lengths.includes(hex.length / 2)) return undefined;
  return hex.match(/../g)?.join(":");
}

/** True for the keys whose value is a hardware address: `mac` in any spelling. */
export function isMacKey(key: string): boolean {
  return key.toLowerCase() === "mac";
}
