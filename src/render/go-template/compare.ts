import { CallError } from "./error.ts";
import { type Concrete, typeName, unboxed, type Value } from "./value.ts";

/** Go's `eq`: is the first equal to any of the others? Numbers of two kinds cannot be compared. */
export function isEqual(first: Value, others: readonly Value[]): boolean {
  if (others.length === 0) throw new CallError("missing argument for comparison");
  const left = unboxed(first);
  return others.some((other) => isSame(left, unboxed(other)));
}

/** Go's `lt`; only strings and numbers have an order. */
export function isLess(first: Value, second: Value): boolean {
  const [left, right] = [ordered(first), ordered(second)];
  if (basicKind(left) !== basicKind(right)) throw new CallError(incompatible);
  if (left.kind === "bool") throw new CallError(invalidType);
  return left.value < right.value;
}

const incompatible = "incompatible types for comparison";
const invalidType = "invalid type for comparison";

type Basic = Extract<Concrete, { value: unknown }>;

function isSame(left: Concrete | undefined, right: Concrete | undefined): boolean {
  const kind = basicKind(left);
  if (kind !== basicKind(right)) {
    if (left === undefined || right === undefined) return false;
    throw new CallError(incompatible);
  }
  if (left === undefined || right === undefined) return left === right;
  if (isBasic(left) && isBasic(right)) return left.value === right.value;
  const types = `${typeName(left)}, ${typeName(right)}`;
  throw new CallError(`non-comparable types ${types}`);
}

function ordered(value: Value): Basic {
  const inside = unboxed(value);
  if (inside === undefined || !isBasic(inside)) throw new CallError(invalidType);
  return inside;
}

// A byte of a string is a whole number too.
function basicKind(value: Concrete | undefined): string {
  if (value === undefined || !isBasic(value)) return "none";
  return value.kind === "uint8" ? "int" : value.kind;
}

function isBasic(value: Concrete): value is Basic {
  return "value" in value;
}
