import type { Log } from "./log.ts";
import type { Service } from "./service.ts";

/** How long a graceful stop may take before the rest is cut off, ms. */
const graceMs = 10_000;

/**
 * Runs services until `signal` fires or one ends by itself, then closes all in reverse order.
 * Rejects with the failure of the one that failed first.
 */
export async function supervise(
  services: readonly Service[],
  signal: AbortSignal,
  log: Log,
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
    await closeAll(services, log);
  }
}

async function closeAll(services: readonly Service[], log: Log): Promise<void> {
  const cut = AbortSignal.timeout(graceMs);
  const late = new Promise<"late">((resolve) => {
    cut.addEventListener("abort", () => resolve("late"), { once: true });
  });
  const closing = (async () => {
    for (const service of services.toReversed()) {
      await service[Symbol.asyncDispose]();
      log.debug("service closed", { service: service.name });
    }
  })();
  if ((await Promise.race([closing, late])) === "late")
    log.warn("graceful stop took too long", { graceMs });
}
