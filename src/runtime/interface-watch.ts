import { readFileSync } from "node:fs";
import { KindlingError } from "../errors.ts";
import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";
import type { Service } from "./service.ts";
import { systemErrorCode } from "./system-error.ts";

/** How often the devices are looked at, ms. */
const intervalMs = 2000;

export type InterfaceWatchDeps = {
  readonly devices: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  /** The kernel's number of a device, undefined when there is none; absent while it cannot be told. */
  readonly indexOf?: (device: string) => number | undefined | "unknown";
};

/**
 * Ends with `interface.replaced` when a device went away and another one took its name. A socket tied
 * to a device is tied to its number: on the new one DHCP would be deaf for good, and the rights to
 * bind anew were given up. Starting again is the cure, which a service manager does by itself.
 */
export function watchInterfaces(deps: InterfaceWatchDeps): Service {
  const { devices, clock, log, indexOf = readIndex } = deps;
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  const bound = devices.map((device) => ({ device, index: indexOf(device) }));
  const gone = new Set<string>();
  const look = (): void => {
    for (const { device, index } of bound) {
      if (index === undefined) continue; // no sysfs here: nothing can be told of it
      const now = indexOf(device);
      if (now === "unknown" || index === "unknown") continue;
      if (now === undefined && !gone.has(device)) {
        log.error("interface went away", { device });
        gone.add(device);
      }
      if (now !== undefined && now !== index) reject(replaced(device));
    }
    timer = clock.after(intervalMs, look);
  };
  let timer = clock.after(intervalMs, look);
  return {
    name: "interfaces",
    done,
    async [Symbol.asyncDispose]() {
      timer[Symbol.dispose]();
      resolve();
    },
  };
}

function readIndex(device: string): number | undefined | "unknown" {
  try {
    return Number(readFileSync(`/sys/class/net/${device}/ifindex`, "utf8"));
  } catch (error) {
    // Without a descriptor left (EMFILE) the device is still there.
    return systemErrorCode(error) === "ENOENT" ? undefined : "unknown";
  }
}

function replaced(device: string): KindlingError {
  const message = `${device} was removed and another one has its name: start kindling again`;
  return new KindlingError("interface.replaced", message, { device });
}
