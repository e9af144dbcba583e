import { describe, expect, it } from "vitest";
import { silentLog } from "../../src/runtime/log.ts";
import { supervise } from "../../src/runtime/supervise.ts";

function room(done: Promise<void> = new Promise(() => {})) {
  const closed: string[] = [];
  const resources = new AsyncDisposableStack();
  const service = (name: string, ends: Promise<void>) => {
    resources.defer(() => void closed.push(name));
    return { name, done: ends, async [Symbol.asyncDispose]() {} };
  };
  const services = [service("first", new Promise(() => {})), service("second", done)];
  return { closed, resources, services };
}

describe("supervise", () => {
  it("runs until the signal fires and closes the last opened first", async () => {
    const stop = new AbortController();
    const { closed, resources, services } = room();
    const running = supervise(services, resources, { signal: stop.signal, log: silentLog });
    expect(closed).toEqual([]);
    stop.abort();
    await running;
    expect(closed).toEqual(["second", "first"]);
  });

  it("closes everything when one service ends by itself", async () => {
    const { closed, resources, services } = room(Promise.resolve());
    const { signal } = new AbortController();
    await supervise(services, resources, { signal, log: silentLog });
    expect(closed).toEqual(["second", "first"]);
  });

  it("closes the rest when one service fails, and rejects with its failure", async () => {
    const { closed, resources, services } = room(Promise.reject(new Error("socket gone")));
    const { signal } = new AbortController();
    const running = supervise(services, resources, { signal, log: silentLog });
    await expect(running).rejects.toThrow("socket gone");
    expect(closed).toEqual(["second", "first"]);
  });
});
