import type { Group } from "../boot/group.ts";
import type { JsonObject, JsonValue } from "../boot/json-value.ts";

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
  const variables = variableOrigins(group, request).map(
    ({ name, value }) => [name, value] as const,
  );
  return Object.fromEntries(variables);
}

/** A variable and where its value comes from. */
export type Variable = {
  readonly name: string;
  readonly value: JsonValue;
  readonly origin: "metadata" | "selector" | "request";
};

/** The same variables one by one, each with what gave it. */
export function variableOrigins(group: Group, request: RequestVariables): readonly Variable[] {
  const variables = new Map<string, Variable>();
  const put = (name: string, value: JsonValue, origin: Variable["origin"]) => {
    variables.set(name, { name, value, origin });
  };
  for (const [key, value] of Object.entries(group.metadata)) put(key, value, "metadata");
  for (const [key, value] of Object.entries(group.selector)) {
    put(key.toLowerCase(), value, "selector");
  }
  put("request", { query: request.labels, raw_query: request.rawQuery }, "request");
  return [...variables.values()];
}
