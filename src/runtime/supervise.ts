import type { Log } from "./log.ts";
import type { Service } from "./service.ts";

/** How long a graceful stop may take before the rest is cut off, ms. */
const graceMs = 10_000;

/**
 * Waits until `signal` fires or a service ends by itself, then closes everything in `resources`, the
 * last opened first. Rejects with the failure of the service that failed.
 */
export async function supervise(
  services: readonly Service[],
  resources: AsyncDisposable,
  { signal, log }: { readonly signal: AbortSignal; readonly log: Log },
): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const ended = services.map(async (service) => {
    await service.done;
    if (!signal.aborted) log.warn("service ended by itself", { service: service.name });
  });
  try {
    await Promise.race([stopped, ...ended]);
  } finally {
    await Promise.race([resources[Symbol.asyncDispose](), graceEnds(log)]);
  }
}

function graceEnds(log: Log): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      log.warn("graceful stop took too long", { graceMs });
      resolve();
    }, graceMs);
    timer.unref();
  });
}
