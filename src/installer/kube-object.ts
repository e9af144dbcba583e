/** An object of Kubernetes' API as it is sent; fields that are not here are not ours. */
export type KubeObject = {
  readonly apiVersion: string;
  readonly kind: KubeKind;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
};

/** Kinds that are applied, and the words by which paths name them. */
const Plurals = {
  ClusterRole: "clusterroles",
  ClusterRoleBinding: "clusterrolebindings",
  ConfigMap: "configmaps",
  Namespace: "namespaces",
  Secret: "secrets",
} as const;
export type KubeKind = keyof typeof Plurals;

/** Fields that the API never changes in an object that is there. */
const fixedFields = ["roleRef", "type"] as const;

/** Where the API keeps an object; those of the first group lie below `/api`. */
export function objectPath({ apiVersion, kind, metadata }: KubeObject): string {
  const root = apiVersion.includes("/") ? "/apis" : "/api";
  const { name, namespace } = metadata;
  const inside = namespace === undefined ? "" : `/namespaces/${namespace}`;
  return `${root}/${apiVersion}${inside}/${Plurals[kind]}/${encodeURIComponent(name)}`;
}

/**
 * How an object that is there stands to what is wanted. Only what is wanted is looked at: labels that somebody
 * added, or fields that the API fills in, are theirs. A list is one value.
 */
export function compareObject(wanted: KubeObject, there: unknown): "same" | "changed" | "fixed" {
  if (contains(wanted, there)) return "same";
  const fields = { ...Object(there) };
  const isFixed = fixedFields.some((field) => {
    return wanted[field] !== undefined && !contains(wanted[field], fields[field]);
  });
  return isFixed ? "fixed" : "changed";
}

function contains(wanted: unknown, there: unknown): boolean {
  if (Array.isArray(wanted)) {
    const isList = Array.isArray(there) && there.length === wanted.length;
    return isList && wanted.every((one, at) => contains(one, there[at]));
  }
  if (typeof wanted !== "object" || wanted === null) return wanted === there;
  if (typeof there !== "object" || there === null || Array.isArray(there)) return false;
  const fields = new Map<string, unknown>(Object.entries(there));
  return Object.entries(wanted).every(([key, value]) => contains(value, fields.get(key)));
}
