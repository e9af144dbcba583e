import type { FastifyReply, FastifyRequest } from "fastify";
import type { FileReader } from "../assets/hot-library.ts";
import { type Delivery, decideDelivery, tagFor, type Validators } from "./delivery.ts";
import { pump } from "./pump.ts";
import { sendText } from "./reply.ts";
import type { SendTurns } from "./send-turns.ts";

/** A file that can be sent whole, in part or not at all. */
export type SendableFile = Validators & {
  readonly size: number;
  readonly type: string;
  readonly turns: SendTurns;
  /** The whole of it, or what reads it; called at most once, and not for HEAD or an empty file. */
  read(): FileReader | Buffer;
};

/** Bytes in memory up to here go out at once. */
const plainBytesMax = 1 << 20;

/**
 * Answers a request for a file; the length is always told, for firmware that takes nothing else.
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
  const body = file.read();
  if (Buffer.isBuffer(body) && last - first < plainBytesMax) {
    return reply.send(body.subarray(first, last + 1));
  }
  // Past Fastify: its streams cost a third of the processor time of a large file.
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
  reply.raw.writeHead(reply.statusCode);
  const reader = Buffer.isBuffer(body) ? readerOf(body) : body;
  await pump(reply.raw, reader, { first, last, turns: file.turns });
  return reply;
}

function readerOf(bytes: Buffer): FileReader {
  return {
    read: (offset, end) => bytes.subarray(offset, end),
    [Symbol.asyncDispose]: async () => {},
  };
}
