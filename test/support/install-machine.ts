import { setTimeout as sleep } from "node:timers/promises";
import type { ClusterMachine, ClusterRoom } from "./cluster-room.ts";
import { untilEvent } from "./lab.ts";

/** Each machine starts twice, on whatever carries it; several at once take turns. */
export const bootMs = 900_000;

/** Blank disk → live system → installed → from its disk, though its firmware tries the network first. */
export async function installMachine(place: ClusterRoom, machine: ClusterMachine): Promise<void> {
  const { name, mac } = machine;
  const since = Date.now(); // a machine that is replaced joined before
  const live = await place.powerOn(`${name}-live`, machine);
  await live.mark(/KINDLING-INSTALL stage=installed /, bootMs);
  place.note(`${name} installed`);
  const code = await live.ended;
  if (code !== 0) throw new Error(`${name} ended with ${code}`);
  const disk = await place.powerOn(`${name}-disk`, machine);
  await disk.mark(/Installed: this machine boots its disk/, bootMs);
  const joined = untilEvent(place.test.room, (event) => {
    const isJoin = event.kind === "report" && event.stage === "joined";
    return isJoin && event.mac === mac && event.at >= since;
  });
  const early = disk.ended.then(() => Promise.reject(new Error(`${name} went off its disk`)));
  const late = sleep(bootMs, undefined, { ref: false }).then(() =>
    Promise.reject(new Error(`${name} did not join`)),
  );
  await Promise.race([joined, early, late]);
  place.note(`${name} joined`);
}
