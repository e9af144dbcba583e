/** What the daemon keeps for installations: how far each is, and secrets for machines that join. Wiring only. */
import { join } from "node:path";
import { heldFinding } from "./boot/install-words.ts";
import type { Config } from "./config/schema.ts";
import type { House } from "./daemon-parts.ts";
import type { InstallBook, JoinDesk } from "./http/deps.ts";
import { JoinServer } from "./installer/join-server.ts";
import { parseTicketWishes } from "./installer/join-ticket.ts";
import { systemClock } from "./runtime/clock.ts";
import { durableDisk } from "./runtime/durable-file.ts";
import { openInstallStore } from "./store/install-store.ts";
import type { MacAddress } from "./wire/mac.ts";

// What is held is told on the board for as long as nothing else was decided for that machine.
export async function openInstalls({ config, findings }: House): Promise<InstallBook> {
  const store = await openInstallStore(installFile(config), durableDisk);
  const clear = (subject: MacAddress) => findings.clear({ code: "boot.install-held", subject });
  return {
    of: store.of,
    list: store.list,
    async keep(mac, install) {
      await store.keep(mac, install);
      clear(mac);
    },
    async forget(mac) {
      clear(mac);
      return await store.forget(mac);
    },
    held: (mac, decision) => findings.raise({ ...heldFinding(decision), mac, subject: mac }),
  };
}

// It listens once there is somebody to come, above the ports that want rights.
export function openJoins(house: House): JoinServer {
  const { config, served, bus, findings, log, resources } = house;
  const deps = {
    addresses: served.map(({ address }) => address),
    port: config.installer.port,
    folder: joinFolder(config),
    disk: durableDisk,
    clock: systemClock,
    log: log.child({ part: "join" }),
    publish: bus.publish,
    findings,
    machineAt: bus.machineAt.bind(bus),
  };
  return resources.use(new JoinServer(deps));
}

/** The same for the operator, who gives tickets as text. */
export function joinDesk(joins: JoinServer): JoinDesk {
  return {
    about: () => joins.about(),
    list: () => joins.list(),
    remove: (cluster, node) => joins.remove(cluster, node),
    async put(body) {
      const wishes = parseTicketWishes(body);
      await joins.put(wishes);
      return wishes.length;
    },
  };
}

/** Where it stands how far installations are. */
function installFile({ state }: Config): string {
  return join(state.folder, "installs.json");
}

/** Where tickets of machines that join are, and the keys by which they know this host. */
function joinFolder({ state }: Config): string {
  return join(state.folder, "join");
}

/** What of this must stay ours when root is given up. */
export function installerFiles(config: Config): readonly string[] {
  const folder = joinFolder(config);
  const names = ["tickets.json", "ca.crt", "ca.key", "server.crt", "server.key"];
  return [installFile(config), folder, ...names.map((name) => join(folder, name))];
}
