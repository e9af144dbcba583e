import { expect, it } from "vitest";
import { watchInterfaces } from "../../src/runtime/interface-watch.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { FakeClock } from "../support/fake-clock.ts";

function watch() {
  const clock = new FakeClock();
  const indexes = new Map<string, number | "unknown">([["eth0", 4]]);
  const said: unknown[] = [];
  const log = { ...silentLog, error: (_: string, fields?: object) => void said.push(fields) };
  const indexOf = (device: string) => indexes.get(device);
  const service = watchInterfaces({ devices: ["eth0"], clock, log, indexOf });
  return { clock, indexes, said, service };
}

it("ends when another device has the name", async () => {
  const { clock, indexes, service } = watch();
  clock.step(2000);
  indexes.set("eth0", 9);
  clock.step(2000);
  await expect(service.done).rejects.toMatchObject({ code: "interface.replaced" });
});

it("says once that a device is gone, and goes on when the same one is back", async () => {
  const { clock, indexes, said, service } = watch();
  indexes.delete("eth0");
  clock.step(10_000);
  indexes.set("eth0", 4);
  clock.step(10_000);
  expect(said).toEqual([{ device: "eth0" }]);
  await service[Symbol.asyncDispose]();
  await expect(service.done).resolves.toBeUndefined();
});

it("says nothing of a device that it cannot look at, as without a descriptor", async () => {
  const { clock, indexes, said, service } = watch();
  indexes.set("eth0", "unknown");
  clock.step(10_000);
  indexes.set("eth0", 4);
  clock.step(10_000);
  expect(said).toEqual([]);
  await service[Symbol.asyncDispose]();
});

it("looks no more after it was disposed of", async () => {
  const { clock, indexes, said, service } = watch();
  await service[Symbol.asyncDispose]();
  indexes.delete("eth0");
  clock.step(10_000);
  expect(said).toEqual([]);
});
