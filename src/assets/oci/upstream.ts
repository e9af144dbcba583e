import { KindlingError, WireError } from "../../errors.ts";
import type { Clock } from "../../runtime/clock.ts";
import { type Challenge, parseChallenge, parseToken, tokenUrl } from "./challenge.ts";
import { registryOrigin } from "./hosts-toml.ts";
import { manifestBytesMax } from "./manifest.ts";

export type UpstreamOptions = {
  readonly registry: string;
  /** `https://quay.io`; plain HTTP only where it is said so. */
  readonly origin: string;
  /** User and password as a Basic header has them; absent: anybody. */
  readonly basic?: string | undefined;
  readonly clock: Clock;
};

export type UpstreamQuestion = {
  readonly method?: "GET" | "HEAD";
  readonly repository: string;
  /** Behind the repository: `manifests/1`. */
  readonly path: string;
  readonly accept?: string;
  readonly signal: AbortSignal;
};

/** What a registry and its token server may take to begin an answer. */
const answerMs = 30_000;
const tokenBytesMax = 256 * 1024;
/** Repositories whose tokens are remembered. */
const tokensMax = 1_000;

type Held = { readonly header: string; readonly until: number };

/** One other registry, asked as the distribution specification says, with its tokens. */
export class Upstream {
  readonly registry: string;
  readonly #options: UpstreamOptions;
  /** By repository. */
  readonly #tokens = new Map<string, Held>();

  constructor(options: UpstreamOptions) {
    this.registry = options.registry;
    this.#options = options;
  }

  /** Its answer, whatever the status but 401; throws `oci.upstream` when there is none. */
  async ask(question: UpstreamQuestion): Promise<Response> {
    const first = await this.#send(question, this.#held(question.repository));
    if (first.status !== 401) return first;
    await first.body?.cancel();
    const challenge = parseChallenge(first.headers.get("www-authenticate"));
    const header = await this.#authorize(challenge, question);
    const second = await this.#send(question, header);
    if (second.status !== 401 && second.status !== 403) return second;
    await second.body?.cancel();
    const who =
      this.#options.basic === undefined ? "to anybody" : "to the log-in of oci.credentials";
    throw this.#failure(`it does not show ${question.repository} ${who}`);
  }

  async #send(
    { method = "GET", repository, path, accept, signal }: UpstreamQuestion,
    authorization: string | undefined,
  ): Promise<Response> {
    const { origin } = this.#options;
    // A mirror in between, such as another Kindling, is told whose images are meant, as containerd does it.
    const ns = origin === registryOrigin(this.registry) ? "" : `?ns=${this.registry}`;
    const url = `${origin}/v2/${repository}/${path}${ns}`;
    // Layers are packed already, and their digest is of what is sent.
    const headers = new Headers({ "accept-encoding": "identity" });
    if (accept !== undefined) headers.set("accept", accept);
    // To whom it redirects, which is where layers lie, fetch does not tell this.
    if (authorization !== undefined) headers.set("authorization", authorization);
    return await this.#fetch(url, { method, headers, signal });
  }

  async #authorize(challenge: Challenge, question: UpstreamQuestion): Promise<string | undefined> {
    const { basic, origin, clock } = this.#options;
    const login = basic === undefined ? undefined : `Basic ${basic}`;
    if (challenge.kind === "basic") return login;
    if (challenge.kind === "other") {
      throw this.#failure(`it wants "${challenge.scheme}", and only Bearer and Basic are known`);
    }
    const url = tokenUrl(challenge, question.repository);
    if (origin.startsWith("https:") && url.protocol !== "https:") {
      throw this.#failure(`it sends us for a token to ${url.origin}, without TLS`);
    }
    const headers = new Headers(login === undefined ? {} : { authorization: login });
    const answer = await this.#fetch(url.href, { headers, signal: question.signal });
    const bytes = await readBounded(answer, tokenBytesMax).catch((error: unknown) => {
      throw cutOff(this, error);
    });
    if (!answer.ok || bytes === undefined) {
      throw this.#failure(`${url.host} gives no token, but ${answer.status}`);
    }
    const { text, seconds } = this.#parse(bytes);
    const header = `Bearer ${text}`;
    this.#tokens.delete(question.repository);
    // A tenth earlier, so that none is sent that ends on its way.
    this.#tokens.set(question.repository, { header, until: clock.now() + seconds * 900 });
    const [eldest] = this.#tokens.keys();
    if (this.#tokens.size > tokensMax && eldest !== undefined) this.#tokens.delete(eldest);
    return header;
  }

  #held(repository: string): string | undefined {
    const held = this.#tokens.get(repository);
    return held !== undefined && held.until > this.#options.clock.now() ? held.header : undefined;
  }

  #parse(bytes: Uint8Array): ReturnType<typeof parseToken> {
    try {
      return parseToken(bytes);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      throw this.#failure(error.message);
    }
  }

  async #fetch(url: string, init: RequestInit & { signal: AbortSignal }): Promise<Response> {
    const late = new AbortController();
    using _timer = this.#options.clock.after(answerMs, () => late.abort("silent"));
    try {
      return await fetch(url, { ...init, signal: AbortSignal.any([init.signal, late.signal]) });
    } catch (error) {
      const isLate = late.signal.aborted || init.signal.aborted;
      const why = isLate ? `silent for ${answerMs / 1000} s` : reasonOf(error);
      throw this.#failure(`${new URL(url).host}: ${why}`);
    }
  }

  #failure(why: string): KindlingError {
    const { registry } = this;
    return new KindlingError("oci.upstream", `${registry} cannot be asked: ${why}`, { registry });
  }
}

/** The body of a manifest. */
export async function readManifest(upstream: Upstream, answer: Response): Promise<Buffer> {
  const bytes = await readBounded(answer, manifestBytesMax).catch((error: unknown) => {
    throw cutOff(upstream, error);
  });
  if (bytes !== undefined) return bytes;
  const { registry } = upstream;
  const message = `${registry} sends a manifest of more than ${manifestBytesMax} bytes`;
  throw new KindlingError("oci.upstream", message, { registry });
}

/** An answer that is none. */
export function refusal({ registry }: Upstream, status: number): KindlingError {
  const why = status === 429 ? "it has had enough of us for now (429)" : `it says ${status}`;
  return new KindlingError("oci.upstream", `${registry} cannot be asked: ${why}`, { registry });
}

/** An answer that ended early. */
export function cutOff({ registry }: Upstream, error: unknown): KindlingError {
  const message = `${registry} stopped in the middle: ${reasonOf(error)}`;
  return new KindlingError("oci.upstream", message, { registry }, error);
}

/** The body, or undefined when it is longer. */
async function readBounded(response: Response, bytesMax: number): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > bytesMax) return undefined; // leaving the loop cancels the body
  }
  return Buffer.concat(chunks);
}

// fetch hides why it failed in a cause.
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Error && "code" in cause) return `${cause.code}`;
  return cause instanceof Error ? cause.message : String(cause);
}
