import { request } from "node:https";
import { KindlingError, WireError } from "../errors.ts";
import { systemErrorCode } from "../runtime/system-error.ts";
import { formatIpv4 } from "../wire/ipv4.ts";
import type { ApiChange, SeenApi, SeenNode } from "./bring-up.ts";
import { type Cluster, type ClusterNode, nodesOf } from "./cluster.ts";
import { parseAnswer, parseNodePage, readyTrouble, refusal } from "./kube-answers.ts";
import { objectPath } from "./kube-object.ts";
import type { Manifest } from "./manifests.ts";
import { authorityOf, type ClusterSecrets, certificateOf } from "./secrets.ts";

/** How long an API server may take to answer. */
const timeoutMs = 10_000;
/** Of one answer. A node with the images that it has is some 15 KB. */
const answerCharsMax = 16 << 20;
const nodesPerPage = 200;
const pagesMax = 100;
/** By this name the API knows which fields are ours. */
const fieldManager = "kindling";

/** Which cluster, and by whose certificate. */
export type KubeAccess = {
  readonly cluster: Pick<Cluster, "nodes" | "apiPort">;
  readonly secrets: ClusterSecrets;
  readonly signal: AbortSignal;
};

/** Is a controller's API server ready? The trouble in words, undefined for none. */
export async function probeApi(node: ClusterNode, access: KubeAccess): Promise<string | undefined> {
  try {
    const { status, text } = await ask(node, { method: "GET", path: "/readyz" }, access);
    const trouble = readyTrouble(status, text);
    return trouble === undefined ? undefined : `its API server: ${trouble}`;
  } catch (error) {
    if (error instanceof KindlingError) return error.message;
    throw error;
  }
}

/** What is there of a cluster, as its first controller says whose API server is ready. */
export async function seeApi(
  manifests: readonly Manifest[],
  access: KubeAccess,
): Promise<{ readonly by?: ClusterNode; readonly seen: SeenApi }> {
  const told: string[] = [];
  for (const by of nodesOf(access.cluster, "controller")) {
    try {
      const trouble = await probeApi(by, access);
      if (trouble === undefined) return { by, seen: await seeBy(by, manifests, access) };
      told.push(`${by.name}: ${trouble}`);
    } catch (error) {
      if (!(error instanceof KindlingError)) throw error;
      told.push(error.message);
    }
  }
  return { seen: { kind: "silent", why: told.join("; ") } };
}

/** Tells the API of one change; throws `cluster.unreachable` with its own words. */
export async function changeApi(
  by: ClusterNode,
  step: ApiChange,
  access: KubeAccess,
): Promise<void> {
  if (step.kind === "label") {
    const [key, value] = step.label;
    const body = { metadata: { labels: { [key]: value } } };
    const path = `/api/v1/nodes/${encodeURIComponent(step.node)}`;
    // Not applied: that would make a node anew that somebody took away meanwhile.
    return await tell(by, { method: "PATCH", path, body, type: mergePatch }, access);
  }
  const path = objectPath(step.object);
  if (step.kind === "replace") await tell(by, { method: "DELETE", path }, access);
  const query = `?fieldManager=${fieldManager}&force=true`;
  const wish = { method: "PATCH", path: `${path}${query}`, type: applyPatch } as const;
  await tell(by, { ...wish, body: step.object }, access);
}

/**
 * Takes a machine's Node away, by the first controller that does it. One that is not there is gone: no trouble;
 * else the trouble is what each of them said.
 */
export async function deleteNode(name: string, access: KubeAccess): Promise<string | undefined> {
  const wish = { method: "DELETE", path: `/api/v1/nodes/${encodeURIComponent(name)}` } as const;
  const told: string[] = [];
  for (const by of nodesOf(access.cluster, "controller")) {
    try {
      const { status, text } = await ask(by, wish, access);
      if (status < 300 || status === 404) return undefined;
      told.push(`${by.name}: ${refusal(status, text)}`);
    } catch (error) {
      if (!(error instanceof KindlingError)) throw error;
      told.push(`${by.name}: ${error.message}`);
    }
  }
  return told.join("; ") || "no other controller is there to be asked";
}

const mergePatch = "application/merge-patch+json";
// JSON is YAML.
const applyPatch = "application/apply-patch+yaml";

async function seeBy(
  by: ClusterNode,
  manifests: readonly Manifest[],
  access: KubeAccess,
): Promise<SeenApi> {
  const objects = new Map<string, unknown>();
  for (const { file, object } of manifests) {
    const question = { method: "GET", path: objectPath(object) } as const;
    const { status, text } = await ask(by, question, access);
    if (status === 404) continue;
    if (status !== 200) throw refused(by, question, refusal(status, text));
    objects.set(
      file,
      read(by, () => parseAnswer(text)),
    );
  }
  return { kind: "answers", objects, nodes: await listNodes(by, access) };
}

async function listNodes(
  by: ClusterNode,
  access: KubeAccess,
): Promise<ReadonlyMap<string, SeenNode>> {
  const nodes = new Map<string, SeenNode>();
  let more: string | undefined = "";
  for (let page = 0; more !== undefined && page < pagesMax; page++) {
    const rest: string = more === "" ? "" : `&continue=${encodeURIComponent(more)}`;
    const path = `/api/v1/nodes?limit=${nodesPerPage}${rest}`;
    const { status, text } = await ask(by, { method: "GET", path }, access);
    if (status !== 200) throw refused(by, { method: "GET", path }, refusal(status, text));
    const found = read(by, () => parseNodePage(text));
    for (const node of found.nodes) nodes.set(node.name, node);
    more = found.more;
  }
  return nodes;
}

function read<T>(by: ClusterNode, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof WireError) throw failed(`${by.name}: ${error.message}`);
    throw error;
  }
}

type Question = {
  readonly method: "GET" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: object;
  /** Of the body. */
  readonly type?: string;
};

async function tell(by: ClusterNode, question: Question, access: KubeAccess): Promise<void> {
  const { status, text } = await ask(by, question, access);
  if (status >= 300) throw refused(by, question, refusal(status, text));
}

async function ask(
  node: ClusterNode,
  { method, path, body, type = "application/json" }: Question,
  { cluster, secrets, signal }: KubeAccess,
): Promise<{ readonly status: number; readonly text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const where = { host: formatIpv4(node.address), port: cluster.apiPort };
  const asking = request(
    {
      ...{ ...where, method, path, signal, timeout: timeoutMs, agent: false },
      headers: { accept: "application/json", "content-type": type },
      ...{ ca: authorityOf(secrets, "cluster").cert, ...certificateOf(secrets, "admin") },
    },
    (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
        if (text.length > answerCharsMax) end("its API server says too much");
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      response.on("error", lost);
    },
  );
  const end = (why: string) => {
    reject(failed(why));
    asking.destroy();
  };
  const lost = (error: Error) => {
    reject(signal.aborted ? signal.reason : failed(`its API server: ${systemErrorCode(error)}`));
  };
  asking.on("timeout", () => end("its API server is silent"));
  asking.on("error", lost);
  asking.end(body === undefined ? undefined : JSON.stringify(body));
  return await promise;
}

function refused(by: ClusterNode, { method, path }: Question, why: string): KindlingError {
  return failed(`the API server of ${by.name} refuses ${method} ${path}: ${why}`);
}

function failed(message: string): KindlingError {
  return new KindlingError("cluster.unreachable", message);
}
