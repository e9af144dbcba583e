import type { CertificatePlan } from "../pki/certificate-plan.ts";

/** What a set is made for. */
export type SetPlan = {
  /** DNS names and addresses that clients will dial. */
  readonly names: readonly string[];
  readonly now: number;
  readonly days: number;
};

const dayMs = 86_400_000;
/** How far clocks may differ: a certificate counts from so long before it was made. */
const skewMs = 3_600_000;
/** An authority signs for ten years; leaves are renewed under it without telling the clients. */
const authorityDays = 3650;

/** What an authority says that is made now. */
export function planAuthority(now: number): CertificatePlan {
  return {
    commonName: `kindling CA ${new Date(now).toISOString().slice(0, 10)}`,
    ...validFrom(now, authorityDays),
    authority: true,
    keyUsages: ["keyCertSign", "cRLSign"],
    purposes: [],
    names: [],
  };
}

/** What the server's and the client's certificate say. */
export function planLeaves({ names, now, days }: SetPlan): {
  readonly server: CertificatePlan;
  readonly client: CertificatePlan;
} {
  const leaf = {
    ...validFrom(now, days),
    authority: false,
    keyUsages: ["digitalSignature"],
  } as const;
  return {
    server: { ...leaf, commonName: "kindling server", purposes: ["serverAuth"], names },
    client: { ...leaf, commonName: "kindling client", purposes: ["clientAuth"], names: [] },
  };
}

function validFrom(now: number, days: number) {
  return { notBefore: now - skewMs, notAfter: now + days * dayMs };
}
