import { describe, expect, it } from "vitest";
import { silentLog } from "../../src/runtime/log.ts";
import type { Service } from "../../src/runtime/service.ts";
import { supervise } from "../../src/runtime/supervise.ts";

/** Services that note the order in which they are closed. */
function openServices(names: readonly string[]) {
  const closed: string[] = [];
  const ends = names.map((name) => ({ name, done: Promise.withResolvers<void>() }));
  const services = ends.map(
    ({ name, done }): Service => ({
      name,
      done: done.promise,
      async [Symbol.asyncDispose]() {
        closed.push(name);
      },
    }),
  );
  return { services, closed, endOf: (name: string) => ends.find((end) => end.name === name)?.done };
}

describe("supervise", () => {
  it("closes in reverse order when the signal fires", async () => {
    const { services, closed } = openServices(["dhcp", "tftp", "http"]);
    const stop = new AbortController();
    const ended = supervise(services, stop.signal, silentLog);
    expect(closed).toEqual([]);
    stop.abort();
    await ended;
    expect(closed).toEqual(["http", "tftp", "dhcp"]);
  });

  it("closes at once when the signal had fired before", async () => {
    const { services, closed } = openServices(["dhcp"]);
    await supervise(services, AbortSignal.abort(), silentLog);
    expect(closed).toEqual(["dhcp"]);
  });

  it("closes the others when one ends by itself", async () => {
    const { services, closed, endOf } = openServices(["dhcp", "http"]);
    const ended = supervise(services, new AbortController().signal, silentLog);
    endOf("dhcp")?.resolve();
    await ended;
    expect(closed).toEqual(["http", "dhcp"]);
  });

  it("closes all, then rejects with the failure of the one that failed", async () => {
    const { services, closed, endOf } = openServices(["dhcp", "http"]);
    const ended = supervise(services, new AbortController().signal, silentLog);
    endOf("http")?.reject(new Error("socket gone"));
    await expect(ended).rejects.toThrow("socket gone");
    expect(closed).toEqual(["http", "dhcp"]);
  });
});
