/** Any JSON value: what group metadata may hold. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** A JSON object. Keys come from files and clients: read them with `ownValue`. */
export type JsonObject = { readonly [key: string]: JsonValue };

/** A member of the record itself: a label called `constructor` must not find what every object inherits. */
export function ownValue<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
