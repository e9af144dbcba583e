import type { PemPair } from "../pki/certificate-plan.ts";

/** Who logs in where. */
export type KubeconfigWish = {
  readonly cluster: string;
  readonly server: string;
  /** PEM of the authority that the server is held to. */
  readonly authority: string;
  readonly user: string;
  readonly login: PemPair | { readonly token: string };
};

/** A kubeconfig with everything inside it, for kubectl and for the programs of a cluster. */
export function formatKubeconfig(wish: KubeconfigWish): string {
  const { cluster, server, authority, user, login } = wish;
  const context = `${user}@${cluster}`;
  const lines =
    "token" in login
      ? [`    token: ${quote(login.token)}`]
      : [
          `    client-certificate-data: ${base64(login.cert)}`,
          `    client-key-data: ${base64(login.key)}`,
        ];
  return `${[
    "apiVersion: v1",
    "kind: Config",
    "clusters:",
    `- name: ${quote(cluster)}`,
    "  cluster:",
    `    server: ${quote(server)}`,
    `    certificate-authority-data: ${base64(authority)}`,
    "users:",
    `- name: ${quote(user)}`,
    "  user:",
    ...lines,
    "contexts:",
    `- name: ${quote(context)}`,
    "  context:",
    `    cluster: ${quote(cluster)}`,
    `    user: ${quote(user)}`,
    `current-context: ${quote(context)}`,
  ].join("\n")}\n`;
}

// JSON's strings are YAML's.
function quote(text: string): string {
  return JSON.stringify(text);
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
