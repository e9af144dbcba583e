import { rm } from "node:fs/promises";
import { KindlingError } from "../../errors.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Log } from "../../runtime/log.ts";
import { mismatch } from "./archive.ts";
import { ArrivingBlob } from "./arriving-blob.ts";
import type { Digest } from "./digest.ts";
import type { OciStore } from "./oci-store.ts";
import { cutOff, refusal, type Upstream } from "./upstream.ts";
import type { Upstreamed } from "./upstream-answer.ts";

export type BlobFetchDeps = {
  readonly store: OciStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly blobBytesMax: number;
  /** At once; further ones wait. */
  readonly fetchesMax: number;
  readonly signal: AbortSignal;
};

/** Called when no more comes and before its readers are told, so that nobody joins them then. */
type Over = () => void;

export type BlobWish = {
  readonly upstream: Upstream;
  readonly repository: string;
  readonly digest: Digest;
};

export type FetchedBlob = { readonly blob: ArrivingBlob };

/** How long an upstream may send nothing of a layer. */
const silenceMs = 60_000;
/** Requests that may wait for a layer to begin. */
const waitingMax = 500;

/** Fetches blobs into the store, a bounded number at once; each can be read while it arrives. */
export class BlobFetches {
  readonly #deps: BlobFetchDeps;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(deps: BlobFetchDeps) {
    this.#deps = deps;
  }

  /** Resolves when its size is known. */
  async start(wish: BlobWish, over: Over): Promise<Upstreamed<FetchedBlob>> {
    const ending = new DisposableStack(); // disposes once, however often it is asked to
    ending.defer(over);
    if (!(await this.#takeTurn())) {
      ending.dispose();
      return { kind: "busy" };
    }
    ending.defer(() => this.#giveTurn());
    const watch = ending.use(this.#watchSilence());
    try {
      const { upstream, repository, digest } = wish;
      const question = { repository, path: `blobs/${digest}`, signal: watch.signal };
      const answer = await upstream.ask(question);
      if (answer.status === 404) {
        await answer.body?.cancel();
        ending.dispose();
        return { kind: "absent" };
      }
      if (!answer.ok) throw refusal(upstream, answer.status);
      const known = Promise.withResolvers<ArrivingBlob>();
      this.#receive(wish, answer, { watch, known, ending }).catch(known.reject);
      return { kind: "found", blob: await known.promise };
    } catch (error) {
      ending.dispose();
      throw error;
    }
  }

  async #receive(
    { upstream, digest }: BlobWish,
    answer: Response,
    { watch, known, ending }: Receiving,
  ): Promise<void> {
    using _ending = ending;
    const { store, blobBytesMax, clock, log } = this.#deps;
    const began = clock.now();
    const length = lengthOf(answer);
    const staging = await store.blobs.openStaging();
    let blob: ArrivingBlob | undefined;
    const open = (path: string, size: number): void => {
      const target = store.blobs.pathOf(digest);
      blob = new ArrivingBlob({ path, target, size, modified: new Date(began) });
      known.resolve(blob);
    };
    const body = counted(answer, (size) => {
      watch.again();
      blob?.wrote(size);
    });
    try {
      const staged = await store.blobs.stage(staging, body, {
        bytesMax: blobBytesMax,
        opened: (path) => {
          if (length !== undefined) open(path, length);
        },
      });
      if (staged.digest !== digest) {
        throw mismatch(`a layer of ${upstream.registry}`, { want: digest, got: staged.digest });
      }
      await store.blobs.publish(staged);
      if (blob === undefined) open(staged.path, staged.size);
      ending.dispose();
      blob?.settle("right");
      const { size: bytes } = staged;
      log.info("image layer fetched", { digest, bytes, ms: clock.now() - began });
    } catch (error) {
      const why = error instanceof KindlingError ? error : cutOff(upstream, error);
      log.warn("image layer not fetched", { digest, error: why.message });
      ending.dispose();
      blob?.settle("failed");
      throw why;
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  }

  #watchSilence(): Watch {
    const { clock, signal } = this.#deps;
    const silent = new AbortController();
    const start = () => clock.after(silenceMs, () => silent.abort("silent"));
    let timer = start();
    return {
      signal: AbortSignal.any([signal, silent.signal]),
      again() {
        timer[Symbol.dispose]();
        timer = start();
      },
      [Symbol.dispose]: () => timer[Symbol.dispose](),
    };
  }

  async #takeTurn(): Promise<boolean> {
    if (this.#running < this.#deps.fetchesMax) {
      this.#running += 1;
      return true;
    }
    if (this.#waiting.length >= waitingMax) return false;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return true; // whoever ended handed its turn over
  }

  #giveTurn(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else next();
  }
}

type Receiving = {
  readonly watch: Watch;
  readonly known: PromiseWithResolvers<ArrivingBlob>;
  readonly ending: DisposableStack;
};

type Watch = Disposable & { readonly signal: AbortSignal; readonly again: () => void };

// Of a body that was packed on its way it is not the length of the blob.
function lengthOf({ headers }: Response): number | undefined {
  const told = headers.get("content-length");
  const isPlain = (headers.get("content-encoding") ?? "identity") === "identity";
  return told !== null && isPlain && /^\d{1,15}$/.test(told) ? Number(told) : undefined;
}

// What was yielded is written when the next chunk is wanted.
async function* counted(
  { body }: Response,
  written: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of body ?? []) {
    yield chunk;
    size += chunk.length;
    written(size);
  }
}
