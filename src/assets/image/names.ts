/**
 * Names that become parts of paths and URLs. An index is written by others: a version or a file's name
 * out of it never leaves its folder.
 */

const nameCharsMax = 128;

/** One folder's name: begins with a letter or digit, no slash, at most 128 characters. */
export function isImageName(text: string): boolean {
  return text.length <= nameCharsMax && /^[A-Za-z0-9][A-Za-z0-9._+~-]*$/.test(text);
}

/** A path of such names, `images/pxeboot/vmlinuz`; at most four deep. */
export function isImageFile(text: string): boolean {
  const names = text.split("/");
  return names.length <= 4 && names.every(isImageName);
}

/** `{channel}` and the like filled in. `${uuid}` is iPXE's and stays; so does an unknown word. */
export function fillPlaceholders(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/(?<!\$)\{([a-z]+)\}/g, (whole, name: string) => {
    return Object.hasOwn(values, name) ? (values[name] ?? whole) : whole;
  });
}

/** Numbers by value, the rest by letter: 9.10 after 9.9. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.match(/\d+|[^\d]+/g) ?? []);
  for (const [at, part] of (left ?? []).entries()) {
    const other = right?.[at];
    if (other === undefined) return 1;
    const order = comparePart(part, other);
    if (order !== 0) return order;
  }
  return (left?.length ?? 0) - (right?.length ?? 0);
}

function comparePart(a: string, b: string): number {
  const [left, right] = [Number(a), Number(b)];
  if (!Number.isNaN(left) && !Number.isNaN(right) && left !== right) return left - right;
  return a < b ? -1 : a > b ? 1 : 0;
}
