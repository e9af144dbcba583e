import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { type Asset, listAssets, openAsset } from "./asset-store.ts";
import { contentTypeOf } from "./content-type.ts";
import type { AssetFolder } from "./deps.ts";
import { renderListing } from "./listing.ts";
import { sendNotFound, sendText } from "./reply.ts";
import { sendFile } from "./send-file.ts";
import { fileBelow, pathOf, queryOf } from "./url.ts";

/**
 * How much of a file is read at once: a third less CPU than with 128 KiB (300 MB over loopback), and no
 * more with 1 MiB. A client that stalls holds two of these and no more.
 */
const chunkBytes = 512 * 1024;

/** `/assets/`: kernels, images, anything a script names. */
export function assetRoutes(assets: AssetFolder): FastifyPluginAsync {
  return async (app) => {
    app.all("/assets", (request, reply) => redirect(request, reply, { to: "/assets/", code: 307 }));
    app.all("/assets/*", async (request, reply) => {
      const file = fileBelow("/assets/", request.raw.url ?? "");
      if (file === undefined) return sendNotFound(reply);
      const wantsFolder = file === "" || file.endsWith("/");
      const name = wantsFolder ? file.slice(0, -1) : file;
      const asset = await openAsset(assets, name);
      switch (asset.kind) {
        case "missing":
          return sendNotFound(reply);
        case "forbidden":
          return sendText(reply, "403 Forbidden\n", 403);
        case "folder":
          if (!wantsFolder) return redirect(request, reply, { to: `${lastName(request)}/` });
          return sendFolder(assets, request, { reply, folder: asset, file });
        case "file":
          return sendAsset(request, reply, { asset, file, wantsFolder });
      }
    });
  };
}

async function sendFolder(
  assets: AssetFolder,
  request: FastifyRequest,
  what: { reply: FastifyReply; folder: Extract<Asset, { kind: "folder" }>; file: string },
): Promise<FastifyReply> {
  const { reply, folder, file } = what;
  const index = await openAsset(assets, `${file}index.html`);
  if (index.kind === "file") {
    return sendOpen(request, reply, { asset: index, file: "index.html" });
  }
  const page = renderListing(await listAssets(folder.path));
  reply.header("last-modified", folder.modified.toUTCString());
  return reply.header("content-type", "text/html; charset=utf-8").send(Buffer.from(page));
}

async function sendAsset(
  request: FastifyRequest,
  reply: FastifyReply,
  what: { asset: Extract<Asset, { kind: "file" }>; file: string; wantsFolder: boolean },
): Promise<FastifyReply> {
  const isIndex = lastName(request) === "index.html";
  if (!what.wantsFolder && !isIndex) return sendOpen(request, reply, what);
  await what.asset.handle.close();
  return redirect(request, reply, { to: what.wantsFolder ? `../${lastName(request)}` : "./" });
}

async function sendOpen(
  request: FastifyRequest,
  reply: FastifyReply,
  what: { asset: Extract<Asset, { kind: "file" }>; file: string },
): Promise<FastifyReply> {
  const { asset } = what;
  let reading = false;
  sendFile(request, reply, {
    ...asset,
    type: contentTypeOf(what.file),
    read: (first, last) => {
      reading = true;
      const options = { start: first, end: last, highWaterMark: chunkBytes };
      const stream = asset.handle.createReadStream(options);
      // A file cut short under us leaves the length we told unmet: end the connection, so that the
      // client sees a failed load instead of waiting for bytes that never come.
      stream.once("end", () => {
        if (stream.bytesRead < last - first + 1) reply.raw.destroy();
      });
      return stream;
    },
  });
  if (!reading) await asset.handle.close();
  return reply;
}

function redirect(
  request: FastifyRequest,
  reply: FastifyReply,
  { to, code = 301 }: { to: string; code?: number },
): FastifyReply {
  const query = queryOf(request.raw.url ?? "");
  return reply
    .code(code)
    .header("location", query === "" ? to : `${to}?${query}`)
    .send();
}

// As the client spelt it, so that the Location needs no escaping of ours.
function lastName(request: FastifyRequest): string {
  return (
    pathOf(request.raw.url ?? "")
      .replace(/\/$/, "")
      .split("/")
      .at(-1) ?? ""
  );
}
