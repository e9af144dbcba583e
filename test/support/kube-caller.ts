import "reflect-metadata";
import { KeyObject, webcrypto } from "node:crypto";
import { request } from "node:https";
import { Pkcs10CertificateRequestGenerator } from "@peculiar/x509";
import type { PemPair } from "../../src/pki/certificate-plan.ts";

export type KubeAnswer = { readonly status: number; readonly body: Record<string, unknown> };
export type KubeWish = { readonly method?: string; readonly body?: object; readonly type?: string };

/** Somebody at a cluster's API, by a certificate or a token. */
export class KubeCaller {
  readonly #where: { readonly host: string; readonly ca: string };
  readonly #login: PemPair | { readonly token: string };

  constructor(
    where: { readonly host: string; readonly ca: string },
    login: PemPair | { readonly token: string },
  ) {
    this.#where = where;
    this.#login = login;
  }

  async ask(path: string, { method = "GET", body, type }: KubeWish = {}): Promise<KubeAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<KubeAnswer>();
    const login = this.#login;
    const bearer = "token" in login ? { authorization: `Bearer ${login.token}` } : {};
    const headers = { "content-type": type ?? "application/json", ...bearer };
    const pair = "token" in login ? {} : login;
    const asking = request(
      { ...this.#where, ...pair, path, method, headers, agent: false },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () => {
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) });
        });
      },
    );
    asking.on("error", reject);
    asking.end(body === undefined ? undefined : JSON.stringify(body));
    return await promise;
  }
}

/** What a kubelet does first: it asks for a certificate of its own. The name of its wish, and its key. */
export async function askForCertificate(
  caller: KubeCaller,
  node: string,
): Promise<{ readonly status: number; readonly name: string; readonly key: string }> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const wish = await Pkcs10CertificateRequestGenerator.create(
    { name: `O=system:nodes, CN=system:node:${node}`, keys, signingAlgorithm: algorithm },
    webcrypto,
  );
  const path = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
  const name = `csr-${node}-${webcrypto.randomUUID().slice(0, 8)}`;
  const { status } = await caller.ask(path, {
    method: "POST",
    body: {
      apiVersion: "certificates.k8s.io/v1",
      kind: "CertificateSigningRequest",
      metadata: { name },
      spec: {
        request: Buffer.from(wish.toString("pem")).toString("base64"),
        signerName: "kubernetes.io/kube-apiserver-client-kubelet",
        usages: ["digital signature", "key encipherment", "client auth"],
      },
    },
  });
  const key = KeyObject.from(keys.privateKey).export({ type: "pkcs8", format: "pem" });
  return { status, name, key: key.toString() };
}
