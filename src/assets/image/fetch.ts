import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { getCACertificates } from "node:tls";
import { assertNever, KindlingError } from "../../errors.ts";
import type { Clock } from "../../runtime/clock.ts";
import { systemErrorCode } from "../../runtime/system-error.ts";
import { decideNextTry, type Try } from "./attempts.ts";
import { type AnswerDecision, type Asked, decideAnswer, headersFor } from "./exchange.ts";
import { Inflow } from "./inflow.ts";
import type { MirrorUrl } from "./mirrors.ts";
import { checkSpace, type FileWish, openPart, type Part } from "./part-file.ts";
import type { Digests } from "./verify.ts";

export type FetchSettings = {
  /** `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`, as programs read them from their environment. */
  readonly proxy: Readonly<Record<string, string | undefined>>;
  /** Further authorities in PEM, such as that of a mirror of one's own. */
  readonly ca: string;
  /** A server that is silent for so long is left. */
  readonly silenceMs: number;
  /** The most that one file may have. */
  readonly bytesMax: number;
};

export type FetchDeps = { readonly clock: Clock; readonly signal: AbortSignal };

export type FetchedFile = {
  readonly from: MirrorUrl;
  readonly digests: Digests;
  /** It is put together from several answers: if it proves wrong, a fresh one may be right. */
  readonly isPieced: boolean;
};

export type FetchedDocument = { readonly from: MirrorUrl; readonly bytes: Buffer };

const redirectsMax = 10;

/** Fetches over HTTP and HTTPS: from several places, and going on where it broke off. */
export class Fetcher implements Disposable {
  readonly #settings: FetchSettings;
  readonly #deps: FetchDeps;
  readonly #agents: { readonly http: HttpAgent; readonly https: HttpsAgent };

  constructor(settings: FetchSettings, deps: FetchDeps) {
    this.#settings = settings;
    this.#deps = deps;
    const common = { keepAlive: true, timeout: settings.silenceMs, proxyEnv: settings.proxy };
    const ca = [...getCACertificates("default"), ...(settings.ca === "" ? [] : [settings.ca])];
    this.#agents = { http: new HttpAgent(common), https: new HttpsAgent({ ...common, ca }) };
  }

  [Symbol.dispose](): void {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }

  /** A small file whole; throws when no URL gives it. */
  async document(
    name: string,
    urls: readonly MirrorUrl[],
    bytesMax: number,
  ): Promise<FetchedDocument> {
    let found: Buffer | undefined;
    const from = await this.#tryAll(name, urls, async ({ url }) => {
      const answer = await this.#ask(url, { kind: "whole" });
      if (answer.kind === "none") return missed(answer.decision);
      using body = answer.body;
      const { total = 0 } = answer.decision;
      if (total > bytesMax) return tooLong(total, bytesMax);
      const chunks: Buffer[] = [];
      let bytes = 0;
      for await (const chunk of body) {
        bytes += chunk.length;
        if (bytes > bytesMax) return tooLong(bytes, bytesMax);
        chunks.push(chunk);
      }
      found = Buffer.concat(chunks);
      return { kind: "done" };
    });
    return { from, bytes: found ?? Buffer.alloc(0) };
  }

  /** A file into its place; throws when no URL gives it, and keeps what came for the next time. */
  async file(wish: FileWish): Promise<FetchedFile> {
    await using part = await openPart(wish, this.#deps.signal);
    if (wish.sha256 !== undefined && part.digests.sha256 === wish.sha256) {
      const from = wish.urls.find(({ url }) => url === part.note.url) ?? wish.urls[0];
      if (from !== undefined) return { from, digests: part.digests, isPieced: false };
    }
    const from = await this.#tryAll(wish.name, wish.urls, (at) => this.#tryFile(part, at), wish);
    return { from, digests: part.digests, isPieced: part.isPieced };
  }

  async #tryFile(part: Part, { url }: MirrorUrl): Promise<Outcome> {
    const before = part.bytes;
    const answer = await this.#ask(url, part.asked(url));
    if (answer.decision.kind === "restart") await part.restart();
    if (answer.kind === "none") return missed(answer.decision);
    using body = answer.body;
    const { total, from, validator } = answer.decision;
    if (from === 0 && before > 0) await part.restart();
    const { bytesMax } = this.#settings;
    if ((total ?? 0) > bytesMax) return tooLong(total ?? 0, bytesMax);
    await checkSpace(part.wish, total === undefined ? undefined : total - from);
    await part.remember(url, validator);
    try {
      const end = await part.take(body, { total, bytesMax });
      if (end === "too-long") return tooLong(part.bytes, bytesMax);
      if (total !== undefined && part.bytes < total) {
        return {
          kind: "broke",
          reason: `ended at ${part.bytes} of ${total} bytes`,
          gained: part.bytes - from,
        };
      }
      return { kind: "done" };
    } catch (error) {
      return { ...brokenBy(error), gained: part.bytes - from };
    }
  }

  // One URL after the other, each as often as it is worth.
  async #tryAll(
    name: string,
    urls: readonly MirrorUrl[],
    attempt: (at: MirrorUrl) => Promise<Outcome>,
    { onBroke }: { readonly onBroke?: (reason: string) => void } = {},
  ): Promise<MirrorUrl> {
    const tries: Try[] = [];
    const told = new Map<string, string>();
    for (;;) {
      const next = decideNextTry(tries, urls.length);
      const at = next.kind === "try" ? urls[next.url] : undefined;
      if (next.kind === "give-up" || at === undefined) throw unreachable(name, told);
      await this.#pause(next.waitMs);
      const outcome = await attempt(at).catch((error: unknown): Outcome => {
        this.#deps.signal.throwIfAborted();
        return { ...brokenBy(error), gained: 0 };
      });
      this.#deps.signal.throwIfAborted();
      if (outcome.kind === "done") return at;
      told.set(at.url, outcome.reason);
      onBroke?.(`${at.url}: ${outcome.reason}`);
      const { gained = 0, waitMs } = outcome;
      tries.push({ url: next.url, outcome: outcome.kind, gained, waitMs });
    }
  }

  async #ask(from: string, asked: Asked): Promise<Answer> {
    let url = from;
    for (let hops = 0; hops <= redirectsMax; hops++) {
      const body = await this.#request(url, headersFor(asked));
      const { statusCode: status = 0, headers } = body;
      const decision = decideAnswer(url, asked, { status, headers });
      if (decision.kind === "body") return { kind: "body", decision, body: new Inflow(body) };
      body.resume(); // lets the connection be used again
      if (decision.kind !== "redirect") return { kind: "none", decision };
      url = decision.url;
    }
    throw new FetchFault("refused", `redirects more than ${redirectsMax} times`);
  }

  #request(url: string, headers: Readonly<Record<string, string>>): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const { silenceMs } = this.#settings;
    const isPlain = url.startsWith("http:");
    const options = { headers, signal: this.#deps.signal, timeout: silenceMs };
    const asking = isPlain
      ? httpRequest(url, { ...options, agent: this.#agents.http })
      : httpsRequest(url, { ...options, agent: this.#agents.https });
    let answered: IncomingMessage | undefined;
    asking.on("response", (response) => {
      answered = response;
      resolve(response);
    });
    asking.on("timeout", () => {
      const fault = new FetchFault("silent", `is silent for ${silenceMs / 1000} s`);
      (answered ?? asking).destroy(fault);
    });
    asking.on("error", reject);
    asking.end();
    return promise;
  }

  async #pause(ms: number): Promise<void> {
    if (ms === 0) return;
    const { clock, signal } = this.#deps;
    const { promise, resolve } = Promise.withResolvers<void>();
    using _timer = clock.after(ms, resolve);
    signal.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    signal.throwIfAborted();
  }
}

type Answer =
  | { readonly kind: "body"; readonly body: Inflow; readonly decision: BodyDecision }
  | { readonly kind: "none"; readonly decision: Exclude<AnswerDecision, BodyDecision> };
type BodyDecision = Extract<AnswerDecision, { kind: "body" }>;

type Outcome =
  | { readonly kind: "done" }
  | {
      readonly kind: "refused" | "broke";
      readonly reason: string;
      readonly gained?: number;
      readonly waitMs?: number | undefined;
    };

/** A reason of ours to end an exchange; never leaves this file. */
class FetchFault extends Error {
  readonly kind: "refused" | "silent";

  constructor(kind: "refused" | "silent", message: string) {
    super(message);
    this.kind = kind;
  }
}

function missed(decision: Exclude<AnswerDecision, BodyDecision>): Outcome {
  switch (decision.kind) {
    case "complete":
    case "unchanged":
      return { kind: "done" };
    case "restart":
      return { kind: "broke", reason: decision.reason, waitMs: 0 };
    case "later":
      return { kind: "broke", reason: decision.reason, waitMs: decision.waitMs };
    case "refused":
      return { kind: "refused", reason: decision.reason };
    case "redirect":
      return { kind: "refused", reason: `redirects to ${decision.url}` };
    default:
      return assertNever(decision);
  }
}

function tooLong(got: number, want: number): Outcome {
  return { kind: "refused", reason: `has ${got} bytes, want at most ${want}` };
}

// A bad certificate will be bad in a second, too; all else may pass. What is no failure of a connection is thrown on.
function brokenBy(error: unknown): Extract<Outcome, { kind: "refused" | "broke" }> {
  if (error instanceof KindlingError) throw error;
  if (error instanceof FetchFault) {
    return { kind: error.kind === "refused" ? "refused" : "broke", reason: error.message };
  }
  const code = systemErrorCode(error);
  if (code.startsWith("ERR_") && !/^ERR_(?:TLS|SSL|PROXY|STREAM)/.test(code)) throw error;
  const isCertificate = /CERT|SIGNATURE|ISSUER|ALTNAME/.test(code);
  const reason = isCertificate ? `its certificate is not believed (${code})` : `fails (${code})`;
  return { kind: isCertificate ? "refused" : "broke", reason };
}

function unreachable(name: string, told: ReadonlyMap<string, string>): KindlingError {
  const rows = [...told].map(([url, reason]) => `  ${url} ${reason}`);
  const isLate = rows.length > 0 && rows.every((row) => row.includes("is silent for"));
  const message = `nobody gives ${name}:\n${rows.join("\n")}`;
  return new KindlingError(isLate ? "timeout" : "image.unreachable", message, { name });
}
