import { registryOrigin } from "./hosts-toml.ts";
import { dockerHub } from "./reference.ts";

/** A place that has to be reached so that a registry's images can be fetched. */
export type EgressTarget = {
  readonly registry: string;
  readonly url: string;
  readonly purpose: "registry" | "tokens" | "layers";
};

/** How far a look got: each step needs the one before. */
export type EgressResult =
  | { readonly kind: "answers"; readonly status: number; readonly ms: number }
  | { readonly kind: "no-name"; readonly why: string }
  | { readonly kind: "no-connection"; readonly address: string; readonly why: string }
  | { readonly kind: "no-tls"; readonly why: string }
  | { readonly kind: "no-answer"; readonly why: string };

/** Where registries send their clients for tokens and layers; names that change by region are left out. */
const Elsewhere: Readonly<Record<string, readonly Omit<EgressTarget, "registry">[]>> = {
  [dockerHub]: [
    { url: "https://auth.docker.io", purpose: "tokens" },
    { url: "https://production.cloudflare.docker.com", purpose: "layers" },
  ],
  "gcr.io": [{ url: "https://storage.googleapis.com", purpose: "layers" }],
  "ghcr.io": [{ url: "https://pkg-containers.githubusercontent.com", purpose: "layers" }],
  "quay.io": [
    { url: "https://cdn.quay.io", purpose: "layers" },
    { url: "https://cdn01.quay.io", purpose: "layers" },
    { url: "https://cdn02.quay.io", purpose: "layers" },
    { url: "https://cdn03.quay.io", purpose: "layers" },
  ],
};

/** The places of one registry; with a `url` of its own only that. */
export function egressTargets(registry: string, url?: string): readonly EgressTarget[] {
  const own = {
    registry,
    url: `${url ?? registryOrigin(registry)}/v2/`,
    purpose: "registry",
  } as const;
  const others = url === undefined ? (Elsewhere[registry] ?? []) : [];
  return [own, ...others.map((one) => ({ registry, ...one }))];
}

/** Does this do? A registry answers /v2/ by 200, or by 401 to whoever has no token. */
export function isReached(target: EgressTarget, result: EgressResult): boolean {
  if (result.kind !== "answers") return false;
  return target.purpose !== "registry" || result.status === 200 || result.status === 401;
}

/** What a look came to, and what is most often behind it. */
export function egressWords(target: EgressTarget, result: EgressResult): string {
  switch (result.kind) {
    case "answers": {
      const { status, ms } = result;
      if (isReached(target, result)) return `answers (${status}, ${ms} ms)`;
      return `answers ${status} to /v2/, as no registry does: a proxy or a log-in page is in between`;
    }
    case "no-name":
      return `its name cannot be looked up (${result.why}): let this host ask a resolver that knows the outside`;
    case "no-connection": {
      const cure = "let the firewall pass TCP to it, or set a route";
      return `${result.address} cannot be connected (${result.why}): ${cure}`;
    }
    case "no-tls":
      return `its certificate is not believed (${result.why}): something in between opens TLS; NODE_EXTRA_CA_CERTS names its authority`;
    case "no-answer":
      return `it took the connection and did not answer (${result.why}): something in between lets nothing through`;
  }
}
