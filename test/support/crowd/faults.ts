/** What goes wrong on the link between a crowd and its server. Only inside a sandbox. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { openVirtualLan } from "../../../src/lab/virtual-lan.ts";
import type { DaemonSite } from "../daemon-site.ts";

/** Of each hundred frames so many are lost, each way, by chance and until the sandbox ends. */
export async function loseFrames(site: DaemonSite, percent: number): Promise<void> {
  const chains = ["v-server", "v-crowd"].map(
    (device) =>
      `chain ${device} {\n type filter hook ingress device "${device}" priority 0;\n` +
      ` numgen random mod 100 < ${percent} drop\n}`,
  );
  const rules = join(site.folder, "loss.nft");
  writeFileSync(rules, `table netdev loss {\n${chains.join("\n")}\n}\n`);
  await execa("nft", ["-f", rules]);
}

/** Ends the loss; it outlives the hosts that it is for. */
export async function loseNoMore(): Promise<void> {
  await execa("nft", ["delete", "table", "netdev", "loss"]);
}

export type CableFaults = {
  readonly seed: number;
  readonly duplicates: number;
  readonly delayMs: number;
};

/** The host `far` on a link of its own, which a cable with faults joins to the site's. */
export async function addFarHost(site: DaemonSite, faults: CableFaults): Promise<AsyncDisposable> {
  await using opening = new AsyncDisposableStack();
  const lan = opening.use(await openVirtualLan("br-far"));
  await lan.addHost("far");
  await site.lan.addHost("cable");
  await ip(`link add v-leg type veth peer name eth1 netns cable`);
  opening.defer(() => ip("link del v-leg"));
  await ip(`link set v-leg master ${lan.bridge} up`);
  await ip("-n cable link set eth1 up");
  const program = join(import.meta.dirname, "bad-cable.ts");
  const words = [faults.seed, faults.duplicates, faults.delayMs].map(String);
  await site.keep("cable", [process.execPath, program, ...words], /ready/);
  return opening.move();
}

/** The server's interface goes down, or its cable is pulled, and comes back. */
export async function flapLink(kind: "interface" | "cable"): Promise<void> {
  const device = kind === "interface" ? "-n server link set eth0" : "link set v-server";
  await ip(`${device} down`);
  await ip(`${device} up`);
}

async function ip(words: string): Promise<void> {
  await execa("ip", words.split(" "));
}
