import { WireError } from "../../errors.ts";
import { parseJsonObject } from "./manifest.ts";
import { dockerHub } from "./reference.ts";

/** How a registry wants to know who asks: the WWW-Authenticate header of its 401. */
export type Challenge =
  | { readonly kind: "bearer"; readonly realm: string; readonly service?: string }
  | { readonly kind: "basic" }
  | { readonly kind: "other"; readonly scheme: string };

/** A token and how many seconds it counts. */
export type Token = { readonly text: string; readonly seconds: number };

/** The specification's least: a registry that says nothing means that. */
const tokenSeconds = 60;
const tokenCharsMax = 64 * 1024;

export function parseChallenge(header: string | null): Challenge {
  const [, scheme = "", rest = ""] = /^\s*([A-Za-z]+)\s*(.*)$/s.exec(header ?? "") ?? [];
  if (/^basic$/i.test(scheme)) return { kind: "basic" };
  const fields = new Map(
    [...rest.matchAll(/([a-z_]+)="([^"]*)"/gi)].map(([, name = "", value = ""]) => {
      return [name.toLowerCase(), value] as const;
    }),
  );
  const realm = fields.get("realm");
  const service = fields.get("service");
  if (!/^bearer$/i.test(scheme) || realm === undefined || !URL.canParse(realm)) {
    return { kind: "other", scheme };
  }
  return { kind: "bearer", realm, ...(service !== undefined && { service }) };
}

/** Where a token to read one repository is fetched. */
export function tokenUrl(
  { realm, service }: Extract<Challenge, { kind: "bearer" }>,
  repository: string,
): URL {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set("service", service);
  url.searchParams.set("scope", `repository:${repository}:pull`);
  return url;
}

/** The answer of a token server; throws `WireError`. */
export function parseToken(bytes: Uint8Array): Token {
  const { token, access_token: access, expires_in: seconds } = parseJsonObject(bytes, "token");
  const text = token ?? access;
  if (typeof text !== "string" || text === "" || text.length > tokenCharsMax) {
    throw new WireError("wire.invalid", "token: want a text", { field: "token" });
  }
  const isNumber = typeof seconds === "number" && seconds > 0;
  return { text, seconds: isNumber ? seconds : tokenSeconds };
}

/**
 * The log-ins of Docker's `config.json`, by registry, as a Basic header has them. Programs that keep
 * passwords (`credHelpers`) are not run. Throws `WireError`.
 */
export function parseDockerConfig(bytes: Uint8Array): ReadonlyMap<string, string> {
  const { auths } = parseJsonObject(bytes, "config.json");
  if (typeof auths !== "object" || auths === null) {
    const message = "want auths, as docker login writes them";
    throw new WireError("wire.invalid", message, { field: "auths" });
  }
  return new Map(
    Object.entries(auths).flatMap(([place, value]: [string, unknown]) => {
      const basic = basicOf(value);
      return basic === undefined ? [] : [[registryOf(place), basic] as const];
    }),
  );
}

function basicOf(value: unknown): string | undefined {
  const { auth, username, password } = Object(value);
  if (typeof auth === "string" && auth !== "") return auth;
  if (typeof username !== "string" || typeof password !== "string") return undefined;
  return Buffer.from(`${username}:${password}`).toString("base64");
}

// Docker Hub's log-in goes by the address that it had ten years ago.
function registryOf(place: string): string {
  const host = place.replace(/^https?:\/\//, "").split("/", 1)[0] ?? "";
  return /^(index|registry-1)\.docker\.io$/.test(host) ? dockerHub : host.toLowerCase();
}
