import type { BootForm } from "./boot-fields.ts";
import type { BindingKey } from "./request.ts";

/** The last proxy answer that a client got and has not acted on. */
export type Attempt = { readonly form: BootForm; readonly at: number };

export type AttemptChange =
  | { readonly kind: "answered"; readonly key: BindingKey; readonly attempt: Attempt }
  | { readonly kind: "settled"; readonly key: BindingKey };

/** Clients remembered at a time; a flood of made-up addresses pushes out the oldest. */
const attemptLimit = 4096;

/** What the proxy answered to whom, in memory only: after a restart everybody starts with form A. */
export class ProxyMemory {
  readonly #attempts = new Map<BindingKey, Attempt>();

  attemptOf(key: BindingKey): Attempt | undefined {
    return this.#attempts.get(key);
  }

  apply(change: AttemptChange): void {
    this.#attempts.delete(change.key);
    if (change.kind === "settled") return;
    this.#attempts.set(change.key, change.attempt); // at the end: a Map keeps the order of insertion
    const oldest = this.#attempts.keys().next();
    if (this.#attempts.size > attemptLimit && !oldest.done) this.#attempts.delete(oldest.value);
  }
}
