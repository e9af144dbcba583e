import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import type { BootPlan } from "../boot/decide.ts";
import { type Delivered, deliverAnswer } from "./answer.ts";
import { askingMachine } from "./asking.ts";
import { type Answerer, configAnswers } from "./config-answers.ts";
import type { MachineDeps } from "./deps.ts";
import { type Peer, peerOf } from "./peer.ts";
import { keepInstall, planFact, scriptAnswers } from "./script-answers.ts";
import { sniffType } from "./sniff.ts";

/** Every route that tells a machine a text of its own, and the signature of each, if there is a key. */
export function answerRoutes(deps: MachineDeps): FastifyPluginAsync {
  return async (app) => {
    for (const [path, answer] of [...scriptAnswers(deps), ...configAnswers(deps)]) {
      app.all(path, async (request, reply) => {
        return send(reply, await ask(deps, request, { answer, signed: false }));
      });
      const { signer } = deps;
      if (signer === undefined) continue;
      const kinds = { sig: signer.binary, asc: signer.armored };
      for (const [ending, sign] of Object.entries(kinds)) {
        app.all(`${path}.${ending}`, async (request, reply) => {
          // Refusals are signed too: a client that trusts the key may trust the "no".
          const { status, body } = await ask(deps, request, { answer, signed: true });
          const signature = await sign(body);
          const headers = { "content-type": sniffType(signature) };
          return send(reply, { status, headers, body: signature });
        });
      }
    }
  };
}

async function ask(
  deps: MachineDeps,
  request: FastifyRequest,
  { answer, signed }: { answer: Answerer; signed: boolean },
): Promise<Delivered> {
  const { mac } = peerOf(request, deps);
  const found = await answer({ ...askingMachine(request, deps.log), mac });
  const loads = !signed && request.method !== "HEAD" && found.kind === "found";
  if (loads && found.install) await keepInstall(deps, found.install);
  if (loads && found.plan) publishPlan(deps, found.plan, peerOf(request, deps));
  return deliverAnswer(found, request.headers);
}

function send(reply: FastifyReply, { status, headers, body }: Delivered): FastifyReply {
  return reply.code(status).headers(headers).send(body);
}

function publishPlan(deps: MachineDeps, plan: BootPlan, peer: Peer): void {
  deps.publish({ ...peer, ...planFact(plan) });
}
