import { request } from "node:https";
import { KindlingError, WireError } from "../errors.ts";
import { systemErrorCode } from "../runtime/system-error.ts";
import { formatIpv4 } from "../wire/ipv4.ts";
import type { ClusterNode } from "./cluster.ts";
import { type EtcdMember, isHealthy, type MemberStep, parseMembers } from "./etcd-members.ts";
import { authorityOf, type ClusterSecrets, certificateOf } from "./secrets.ts";

/** How long a member may take to answer. */
const timeoutMs = 10_000;
const answerCharsMax = 1 << 20;

/** Whom to ask, and by which certificate. */
export type EtcdAccess = {
  readonly secrets: ClusterSecrets;
  readonly signal: AbortSignal;
};

/** Is a controller's etcd well? The trouble in words, undefined for none. */
export async function probeEtcd(
  node: ClusterNode,
  access: EtcdAccess,
): Promise<string | undefined> {
  try {
    const text = await ask(node, { method: "GET", path: "/health" }, access);
    return isHealthy(text) ? undefined : "etcd says that it is not well";
  } catch (error) {
    if (error instanceof WireError) return "etcd answers something else";
    if (error instanceof KindlingError) return error.message;
    throw error;
  }
}

/** The members as one of the controllers knows them: the first that answers. */
export async function listMembers(
  nodes: readonly ClusterNode[],
  access: EtcdAccess,
): Promise<{ readonly by: ClusterNode; readonly members: readonly EtcdMember[] }> {
  const told: string[] = [];
  for (const by of nodes) {
    try {
      const path = "/v3/cluster/member/list";
      return { by, members: parseMembers(await ask(by, { method: "POST", path }, access)) };
    } catch (error) {
      if (!(error instanceof KindlingError)) throw error;
      told.push(`${by.name}: ${error.message}`);
    }
  }
  const message = `no controller's etcd answers: ${told.join("; ") || "there is no other one"}`;
  throw new KindlingError("cluster.unreachable", message);
}

/** Tells etcd of one change; it takes a quorum. */
export async function changeMember(
  by: ClusterNode,
  step: MemberStep,
  access: EtcdAccess,
): Promise<void> {
  const body =
    step.kind === "add" ? { peerURLs: [step.peerUrl], isLearner: step.isLearner } : { ID: step.id };
  await ask(by, { method: "POST", path: `/v3/cluster/member/${step.kind}`, body }, access);
}

type Question = {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: object;
};

async function ask(node: ClusterNode, question: Question, access: EtcdAccess): Promise<string> {
  const { secrets, signal } = access;
  const { method, path, body = {} } = question;
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const asking = request(
    {
      ...{ host: formatIpv4(node.address), port: 2379, method, path, signal, timeout: timeoutMs },
      ...{ ca: authorityOf(secrets, "etcd").cert, agent: false },
      ...certificateOf(secrets, "etcd-client", node.name),
    },
    (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
        if (text.length > answerCharsMax) asking.destroy(failed("its answer is too long"));
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      response.on("error", reject);
    },
  );
  asking.on("timeout", () => asking.destroy(failed("etcd is silent")));
  asking.on("error", (error) => {
    if (signal.aborted) return reject(signal.reason);
    reject(error instanceof KindlingError ? error : failed(`etcd: ${systemErrorCode(error)}`));
  });
  asking.end(method === "POST" ? JSON.stringify(body) : undefined);
  const { status, text } = await promise;
  // Without a quorum /health is 503, and still says so in words.
  if (status === 200 || path === "/health") return text;
  throw failed(`etcd refuses ${path}: ${text.trim().slice(0, 200)}`);
}

function failed(message: string): KindlingError {
  return new KindlingError("cluster.unreachable", message);
}
