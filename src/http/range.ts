/** What a Range header asks of a file; `whole` where it is to be ignored. */
export type RangeDecision =
  | { readonly kind: "whole" }
  | { readonly kind: "part"; readonly first: number; readonly last: number }
  | { readonly kind: "unsatisfiable" }
  | { readonly kind: "malformed-range" };

/**
 * One byte range (RFC 9110 §14.1.2) of `size` bytes. Several ranges in one header are answered with
 * the whole file, as is any range of an empty one: some clients send `bytes=0-` for everything.
 */
export function decideRange(header: string, size: number): RangeDecision {
  const list = /^bytes=(.*)$/.exec(header)?.[1];
  if (list === undefined) return { kind: "malformed-range" };
  const specs = list.split(",").map((spec) => spec.trim());
  const [spec, ...more] = specs.filter((text) => text !== "");
  if (spec === undefined) return { kind: "whole" };
  const found = /^(\d{0,15})\s*-\s*(\d{0,15})$/.exec(spec);
  if (more.length > 0) return { kind: "whole" };
  const [, from = "", to = ""] = found ?? [];
  if (found === null || (from === "" && to === "")) return { kind: "malformed-range" };
  if (from !== "" && to !== "" && Number(to) < Number(from)) return { kind: "malformed-range" };
  return size === 0 ? { kind: "whole" } : within(from, to, size);
}

function within(from: string, to: string, size: number): RangeDecision {
  const suffix = from === "";
  const first = suffix ? Math.max(0, size - Number(to)) : Number(from);
  const last = suffix || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  return first >= size ? { kind: "unsatisfiable" } : { kind: "part", first, last };
}
