/** When a certificate ends. */
export type HeldCertificate = {
  /** An authority's name, or a certificate's key: see `certificateKey`. */
  readonly key: string;
  readonly kind: "authority" | "leaf";
  readonly notAfter: number;
};

/** What is to be done about a certificate, and when. */
export type Renewal = HeldCertificate & {
  readonly state: "good" | "due" | "expired";
  /** From when on it is due. */
  readonly dueAt: number;
};

const dayMs = 86_400_000;
/** A leaf is renewed with a quarter of its year left: three months to find a quiet evening. */
const leafDueDays = 90;
/** A new authority has to be trusted by all before it signs, which wants planning. */
const authorityDueDays = 365;

/** What expires when and what to renew, the nearest end first. */
export function planRenewal(held: readonly HeldCertificate[], now: number): readonly Renewal[] {
  return held
    .map((one): Renewal => {
      const days = one.kind === "leaf" ? leafDueDays : authorityDueDays;
      const dueAt = one.notAfter - days * dayMs;
      const state = one.notAfter <= now ? "expired" : dueAt <= now ? "due" : "good";
      return { ...one, state, dueAt };
    })
    .sort((a, b) => a.notAfter - b.notAfter || (a.key < b.key ? -1 : 1));
}

/** What to tell an operator about an end; nothing while it is far. */
export function describeRenewal(cluster: string, renewal: Renewal): string | undefined {
  const { key, kind, state, notAfter } = renewal;
  if (state === "good") return undefined;
  const what = kind === "leaf" ? `certificate ${key}` : `authority ${key}`;
  const day = new Date(notAfter).toISOString().slice(0, 10);
  const verb = state === "expired" ? "has expired on" : "expires on";
  const cure =
    kind === "leaf"
      ? "render with --renew and hand the new bundles out"
      : "plan a new authority: all machines have to trust it before it signs";
  return `cluster ${cluster}: the ${what} ${verb} ${day}: ${cure}`;
}
