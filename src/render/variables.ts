import type { Group } from "../boot/group.ts";
import type { JsonObject, JsonValue } from "../boot/json-value.ts";
import type { Profile } from "../boot/profile.ts";

/** What of a request the variables hold. */
export type RequestVariables = {
  readonly labels: Readonly<Record<string, string>>;
  /** The query as received, undecoded. */
  readonly rawQuery: string;
};

/** What a machine's variables come from besides its request. */
export type VariableSources = {
  readonly group: Group;
  /** Its metadata lies below that of the group. */
  readonly profile?: Profile | undefined;
  /** Where the machine reached this server, as `server.url`; absent: there is no such variable. */
  readonly serverUrl?: string | undefined;
};

/**
 * The variables of a machine: the metadata of its profile, over that its group's, over that each
 * selector under its lower-cased key, over that `request`. Labels are not variables of their own: a
 * client must not be able to overwrite what the group says.
 */
export function templateVariables(sources: VariableSources, request: RequestVariables): JsonObject {
  return Object.fromEntries(
    variableOrigins(sources, request).map(({ name, value }) => [name, value]),
  );
}

/** A variable and where its value comes from. */
export type Variable = {
  readonly name: string;
  readonly value: JsonValue;
  readonly origin: "server" | "profile" | "group" | "selector" | "request";
};

/** The same variables one by one, each with what gave it. */
export function variableOrigins(
  { group, profile, serverUrl }: VariableSources,
  request: RequestVariables,
): readonly Variable[] {
  const variables = new Map<string, Variable>();
  const put = (name: string, value: JsonValue, origin: Variable["origin"]) => {
    variables.set(name, { name, value, origin });
  };
  if (serverUrl !== undefined) put("server", { url: serverUrl }, "server");
  for (const [key, value] of Object.entries(profile?.metadata ?? {})) put(key, value, "profile");
  for (const [key, value] of Object.entries(group.metadata)) put(key, value, "group");
  for (const [key, value] of Object.entries(group.selector)) {
    put(key.toLowerCase(), value, "selector");
  }
  put("request", { query: request.labels, raw_query: request.rawQuery }, "request");
  return [...variables.values()];
}
