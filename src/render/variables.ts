import type { Group } from "../boot/group.ts";
import type { JsonObject } from "../boot/json-value.ts";

/** What of a request the variables hold. */
export type RequestVariables = {
  readonly labels: Readonly<Record<string, string>>;
  /** The query as received, undecoded. */
  readonly rawQuery: string;
};

/**
 * The variables of a machine's group: its metadata, over that each selector under its lower-cased
 * key, over that `request`. Labels are not variables of their own: a client must not be able to
 * overwrite what the group says.
 */
export function templateVariables(group: Group, request: RequestVariables): JsonObject {
  const variables = new Map(Object.entries(group.metadata));
  for (const [key, value] of Object.entries(group.selector))
    variables.set(key.toLowerCase(), value);
  variables.set("request", { query: request.labels, raw_query: request.rawQuery });
  return Object.fromEntries(variables);
}
