import type { FastifyPluginAsync } from "fastify";
import { contentTypeOf } from "./content-type.ts";
import type { MachineDeps } from "./deps.ts";
import { sendNotFound } from "./reply.ts";
import { sendFile } from "./send-file.ts";
import { fileBelow } from "./url.ts";

/** `/loaders/<name>`: the same boot programs TFTP serves, for UEFI HTTP Boot. */
export function loaderRoutes(deps: MachineDeps): FastifyPluginAsync {
  return async (app) => {
    app.all("/loaders/*", async (request, reply) => {
      const name = fileBelow("/loaders/", request.raw.url ?? "") ?? "";
      const found = await deps.loaders.find(name);
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
        read: () => bytes,
      });
    });
  };
}
