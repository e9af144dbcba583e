import type { FastifyReply, FastifyRequest } from "fastify";
import { type Delivery, decideDelivery, tagFor, type Validators } from "./delivery.ts";
import { type FileReader, readerOfBytes, readerOfFile } from "./file-reader.ts";
import { kernelPump, type OpenFile } from "./kernel-pump.ts";
import { pump } from "./pump.ts";
import { sendText } from "./reply.ts";
import { decideCarriage, sliceBytes } from "./send-step.ts";
import type { Transfers } from "./transfers.ts";

/** A file that can be sent whole, in part or not at all. */
export type SendableFile = Validators & {
  readonly size: number;
  readonly type: string;
  readonly transfers: Transfers;
  readonly body: FileBody;
};

/** The bytes themselves, the file that has them, or what reads them as they arrive. */
export type FileBody =
  | { readonly kind: "memory"; readonly bytes: Buffer }
  | { readonly kind: "arriving"; open(): FileReader & AsyncDisposable }
  | ({ readonly kind: "file" } & OpenFile);

/** What one read of an arriving file holds at most; one more is fetched meanwhile. */
const arrivingBytes = 512 * 1024;

/**
 * Answers a request for a file, which is read no more once the promise is kept; the length is always told,
 * for firmware that takes nothing else.
 */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: SendableFile,
): Promise<FastifyReply> {
  const delivery = decideDelivery(request.headers, file.size, file);
  reply.header("accept-ranges", "bytes");
  reply.header("etag", tagFor(request.headers, file));
  reply.header("last-modified", file.modified.toUTCString());
  switch (delivery.kind) {
    case "not-modified":
      return reply.code(304).send();
    case "precondition-failed":
      return sendText(reply, "precondition failed\n", 412);
    case "malformed-range":
      return sendText(reply, "invalid range\n", 416);
    case "unsatisfiable":
      reply.header("content-range", `bytes */${file.size}`);
      return sendText(reply, "invalid range: failed to overlap\n", 416);
    default:
      return sendBytes(request, reply, { file, delivery });
  }
}

async function sendBytes(
  request: FastifyRequest,
  reply: FastifyReply,
  what: { file: SendableFile; delivery: Extract<Delivery, { kind: "whole" | "part" }> },
): Promise<FastifyReply> {
  const { file, delivery } = what;
  const whole = delivery.kind === "whole";
  const first = whole ? 0 : delivery.first;
  const last = whole ? file.size - 1 : delivery.last;
  reply.code(whole ? 200 : 206).header("content-type", file.type);
  if (!whole) reply.header("content-range", `bytes ${first}-${last}/${file.size}`);
  reply.header("content-length", last - first + 1);
  if (request.method === "HEAD" || last < first) return reply.send();
  await sendBody(request, reply, { file, first, last });
  return reply;
}

async function sendBody(
  request: FastifyRequest,
  reply: FastifyReply,
  { file: { body, transfers }, first, last }: { file: SendableFile; first: number; last: number },
): Promise<void> {
  const fits = transfers.files.fits(request.raw.socket);
  const way = decideCarriage({ source: body.kind, bytes: last - first + 1, fits });
  if (body.kind === "memory" && way === "at-once") {
    reply.send(body.bytes.subarray(first, last + 1));
    return;
  }
  // Past Fastify: its streams cost a third of the processor time of a large file.
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
  reply.raw.writeHead(reply.statusCode);
  const { bufferShare, turns } = transfers;
  if (body.kind === "memory") {
    using _open = transfers.begin(0);
    await pump(reply.raw, readerOfBytes(body.bytes), { first, last, turns });
  } else if (body.kind === "arriving") {
    using _open = transfers.begin(2 * arrivingBytes);
    await using reader = body.open();
    await pump(reply.raw, reader, { first, last, turns });
  } else if (way === "kernel") {
    using _open = transfers.begin(sliceBytes);
    await kernelPump(reply.raw, body, { first, last, transfers });
  } else {
    const size = Math.min(bufferShare, last - first + 1);
    using _open = transfers.begin(2 * size);
    const { isUnchanged } = body;
    await pump(reply.raw, readerOfFile(body.handle, size), { first, last, turns, isUnchanged });
  }
}
