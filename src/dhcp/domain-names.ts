import { WireError } from "../errors.ts";

const maxLabelBytes = 63;
const maxNameBytes = 253;
/** A pointer holds 14 bits of offset (RFC 1035 §4.1.4). */
const maxPointer = 0x3fff;

/** One name in the form of RFC 1035 §3.1, with its root label. */
export function formatDomainName(name: string): Uint8Array {
  const labels = labelsOf(name).map((label) => [label.length, ...Buffer.from(label, "latin1")]);
  return Buffer.of(...labels.flat(), 0);
}

/** Names for option 119, later ones pointing at the ends of earlier ones (RFC 3397 §2). */
export function formatDomainNames(names: readonly string[]): Uint8Array {
  const bytes: number[] = [];
  const known = new Map<string, number>();
  for (const name of names) {
    const labels = labelsOf(name);
    let pointer: number | undefined;
    for (let index = 0; index < labels.length; index += 1) {
      const tail = labels.slice(index).join(".").toLowerCase();
      pointer = known.get(tail);
      if (pointer !== undefined) break;
      if (bytes.length <= maxPointer) known.set(tail, bytes.length);
      const label = labels[index] ?? "";
      bytes.push(label.length, ...Buffer.from(label, "latin1"));
    }
    if (pointer === undefined) bytes.push(0);
    else bytes.push(0xc0 | (pointer >> 8), pointer & 255);
  }
  return Buffer.from(bytes);
}

/**
 * Labels of a name in the form of RFC 1035 §3.1, no pointers; `whole` when its root label ended it,
 * which a partial name of RFC 4702 §2.3.1 leaves out. Throws `WireError` for anything else.
 */
export function parseDomainName(bytes: Uint8Array): {
  readonly labels: readonly string[];
  readonly whole: boolean;
} {
  const labels: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes[at] ?? 0;
    if (length === 0) return { labels, whole: true };
    const end = at + 1 + length;
    if (length > maxLabelBytes || end > bytes.length) {
      const field = "domain name";
      throw new WireError("wire.invalid", `${field} wants a label of ${length} bytes`, { field });
    }
    labels.push(Buffer.from(bytes.subarray(at + 1, end)).toString("latin1"));
    at = end;
  }
  return { labels, whole: false };
}

function labelsOf(name: string): readonly string[] {
  const bare = name.endsWith(".") ? name.slice(0, -1) : name;
  const labels = bare.split(".");
  const fits = (label: string) => /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$/i.test(label);
  const long = bare.length > maxNameBytes || labels.some((label) => label.length > maxLabelBytes);
  if (long || !labels.every(fits)) {
    throw new RangeError(`want a domain name like lab.example, got "${name}"`);
  }
  return labels;
}
