import { request } from "node:http";
import { type ErrorCode, ErrorTable, KindlingError } from "../errors.ts";
import { systemErrorCode } from "../runtime/system-error.ts";
import type { CliContext } from "./context.ts";
import { readConfig } from "./read-config.ts";

/** The most that an answer of the daemon may be: some 500,000 leases. */
const answerBytesLimit = 128 << 20;

/** How long the daemon may be silent. */
const silenceMs = 30_000;

/** Where the daemon is asked: its settings' `admin.socket`, unless one is named. */
export type SocketFlags = { readonly config?: string; readonly socket?: string };

export type AdminQuestion = {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
};

/** Asks the daemon of this host; an error that it tells is thrown with the code it has there. */
export async function askDaemon(
  flags: SocketFlags,
  question: AdminQuestion,
  context: CliContext,
): Promise<unknown> {
  const socket = flags.socket ?? (await socketOf(flags, context));
  const { status, text } = await exchange(socket, question, context.signal);
  const answer = parseAnswer(text);
  if (status < 400) return answer;
  const { code, message } = errorOf(answer) ?? { code: undefined, message: text.trim() };
  throw new KindlingError(code ?? "admin.unreachable", message, { status });
}

async function socketOf(flags: SocketFlags, context: CliContext): Promise<string> {
  const { socket } = (await readConfig(flags, context)).admin;
  if (socket !== "") return socket;
  const message = "admin.socket is empty, so the daemon cannot be asked; set it, or name --socket";
  throw new KindlingError("admin.unreachable", message);
}

async function exchange(
  socketPath: string,
  { method = "GET", path, body }: AdminQuestion,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const options = { socketPath, method, path, signal, timeout: silenceMs };
  const asking = request(options, (response) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > answerBytesLimit)
        asking.destroy(unreachable(socketPath, "its answer is too long"));
      else chunks.push(chunk);
    });
    response.on("error", reject);
    response.on("end", () => {
      resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") });
    });
  });
  asking.on("timeout", () => asking.destroy(unreachable(socketPath, "it is silent")));
  asking.on("error", (error) => {
    if (error instanceof KindlingError) reject(error);
    else if (systemErrorCode(error) === "EACCES") {
      const message = `may not open ${socketPath}: run this as root or as the daemon's user`;
      reject(new KindlingError("rights.missing", message));
    } else reject(unreachable(socketPath, systemErrorCode(error)));
  });
  asking.end(body === undefined ? undefined : JSON.stringify(body));
  return await promise;
}

function unreachable(socket: string, why: string): KindlingError {
  const cure = "start kindling serve, or name its socket by --config or --socket";
  return new KindlingError("admin.unreachable", `no daemon answers at ${socket} (${why}): ${cure}`);
}

function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // the words of an error are then plain
    throw error;
  }
}

function errorOf(
  answer: unknown,
): { readonly code: ErrorCode | undefined; readonly message: string } | undefined {
  if (typeof answer !== "object" || answer === null || !("error" in answer)) return undefined;
  const { error } = answer;
  if (typeof error !== "object" || error === null) return undefined;
  const { code, message } = { code: undefined, message: "", ...error };
  const known = Object.keys(ErrorTable).find((one): one is ErrorCode => one === code);
  return { code: known, message: String(message) };
}
