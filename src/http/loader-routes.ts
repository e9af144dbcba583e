import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { contentTypeOf } from "./content-type.ts";
import type { MachineDeps } from "./deps.ts";
import { localAddressOf, peerOf } from "./peer.ts";
import { sendNotFound } from "./reply.ts";
import { sendFile } from "./send-file.ts";
import { fileBelow } from "./url.ts";

/** `/loaders/<name>`: the same names and bytes as by TFTP, for UEFI HTTP Boot. */
export function loaderRoutes(deps: MachineDeps): FastifyPluginAsync {
  return async (app) => {
    app.all("/loaders/*", async (request, reply) => {
      return sendLoader(deps, request, { reply, prefix: "/loaders/" });
    });
    // iPXE looks beside itself first, then here.
    app.all("/autoexec.ipxe", async (request, reply) => {
      return sendLoader(deps, request, { reply, prefix: "/" });
    });
  };
}

async function sendLoader(
  deps: MachineDeps,
  request: FastifyRequest,
  { reply, prefix }: { readonly reply: FastifyReply; readonly prefix: string },
): Promise<FastifyReply> {
  const name = fileBelow(prefix, request.raw.url ?? "") ?? "";
  const { mac } = peerOf(request, deps);
  const found = await deps.loaders.find(name, { mac, server: localAddressOf(request) });
  if (found.kind === "missing") {
    deps.log.info("no loader", { name, reason: found.reason });
    return sendNotFound(reply);
  }
  const { bytes, sha256, modified } = found;
  return sendFile(request, reply, {
    size: bytes.length,
    etag: `"${sha256}"`,
    modified,
    type: contentTypeOf(name),
    transfers: deps.transfers,
    body: { kind: "memory", bytes },
  });
}
