import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { type Asset, listAssets, openAsset } from "./asset-store.ts";
import { contentTypeOf } from "./content-type.ts";
import type { ServedAssets } from "./deps.ts";
import { renderListing } from "./listing.ts";
import { sendNotFound, sendText } from "./reply.ts";
import { sendFile } from "./send-file.ts";
import type { Transfers } from "./transfers.ts";
import { fileBelow, pathOf, queryOf } from "./url.ts";

/** `/assets/`: kernels, images, anything a script names. */
export function assetRoutes(served: ServedAssets, transfers: Transfers): FastifyPluginAsync {
  const assets: Serving = { ...served, transfers };
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
          return sendAsset(request, reply, { assets, asset, file, wantsFolder });
      }
    });
  };
}

type Serving = ServedAssets & { readonly transfers: Transfers };

async function sendFolder(
  assets: Serving,
  request: FastifyRequest,
  what: { reply: FastifyReply; folder: Extract<Asset, { kind: "folder" }>; file: string },
): Promise<FastifyReply> {
  const { reply, folder, file } = what;
  const index = await openAsset(assets, `${file}index.html`);
  if (index.kind === "file") {
    return sendOpen(request, reply, { assets, asset: index, file: "index.html" });
  }
  const page = renderListing(await listAssets(folder.path));
  reply.header("last-modified", folder.modified.toUTCString());
  return reply.header("content-type", "text/html; charset=utf-8").send(Buffer.from(page));
}

async function sendAsset(
  request: FastifyRequest,
  reply: FastifyReply,
  what: OpenAsset & { wantsFolder: boolean },
): Promise<FastifyReply> {
  const isIndex = lastName(request) === "index.html";
  if (!what.wantsFolder && !isIndex) return sendOpen(request, reply, what);
  await what.asset.handle.close();
  return redirect(request, reply, { to: what.wantsFolder ? `../${lastName(request)}` : "./" });
}

async function sendOpen(
  request: FastifyRequest,
  reply: FastifyReply,
  { assets, asset, file }: OpenAsset,
): Promise<FastifyReply> {
  const { size, modified, etag } = asset;
  await using handle = asset.handle;
  const { transfers, digests } = assets;
  const sha256 = await digests.digestOf(asset);
  if (request.method !== "HEAD") digests.see(asset);
  // Who began while it was not known was told the other name; both hold, so that resuming works.
  const names = sha256 === undefined ? { etag } : { etag: `"${sha256}"`, aliases: [etag] };
  const isUnchanged = async () => (await asset.restamp()) === etag;
  const body = { kind: "file", handle, isUnchanged } as const;
  await sendFile(request, reply, {
    ...{ size, modified, ...names, transfers, body },
    type: contentTypeOf(file),
  });
  return reply;
}

type OpenAsset = {
  readonly assets: Serving;
  readonly asset: Extract<Asset, { kind: "file" }>;
  readonly file: string;
};

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
