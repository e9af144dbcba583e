/** One page of a sorted list, and what asks for the next one. */
export type Page =
  | { readonly kind: "page"; readonly names: readonly string[]; readonly next?: string }
  | { readonly kind: "bad-number" };

/** More names than this are given by several pages. */
const pageMax = 1_000;

/** The names after `last`, at most `n` of them; `next` is the query that goes on. */
export function pageOf(
  names: readonly string[],
  { n, last }: { readonly n: string | null; readonly last: string | null },
): Page {
  if (n !== null && !/^\d{1,9}$/.test(n)) return { kind: "bad-number" };
  const most = Math.min(pageMax, n === null ? pageMax : Number(n));
  const rest = last === null ? names : names.filter((name) => name > last);
  const page = rest.slice(0, most);
  const end = page.at(-1);
  if (page.length === rest.length || end === undefined) return { kind: "page", names: page };
  const next = new URLSearchParams({ n: String(most), last: end });
  return { kind: "page", names: page, next: next.toString() };
}
