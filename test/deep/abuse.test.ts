import { expect, it } from "vitest";
import {
  abusedArgs,
  descriptorsOf,
  expectService,
  holdConnections,
  measureAmplification,
  openAbusedSite,
  showAmplification,
  standFlood,
} from "../support/abuse.ts";
import { growthMaxKib, heapLimits, udpDrops } from "../support/robust.ts";

const datagrams = Number(process.env["FUZZ_PACKETS"] ?? 1_000_000);
const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 31);

it(`a daemon stands ${datagrams} datagrams on each port (FUZZ_SEED=${seed})`, async () => {
  await using site = await openAbusedSite();
  const args = [...abusedArgs(site), "--log-level", "warn"];
  const daemon = site.start({ args, environment: heapLimits });
  await expect.poll(() => site.lease(), { timeout: 20_000 }).toBeDefined();
  for (const port of [67, 4011, 69, 53, 547]) {
    const { growthKib, perSecond } = await standFlood(site, daemon, { port, datagrams, seed });
    process.stdout.write(`port ${port}: ${perSecond} datagrams/s, grew by ${growthKib} KiB\n`);
    expect.soft(growthKib, `port ${port}`).toBeLessThan(growthMaxKib);
    expect.soft(new Set(await udpDrops(site)), `port ${port}`).toEqual(new Set(["0"]));
  }
  // Made-up machines took what they could get; one that was never here gets an address nevertheless.
  await site.run("client", ..."ip link set eth0 address 52:54:00:77:00:99".split(" "));
  await expect.poll(() => site.lease(), { timeout: 75_000 }).toBeDefined();
  expect(daemon.lines.filter(({ level }) => level === "error")).toEqual([]);
});

it.each([
  { port: 8080, kind: "silent" },
  { port: 8080, kind: "drip" },
  { port: 8080, kind: "half" },
  { port: 8080, kind: "garbage" },
  { port: 53, kind: "silent" },
  { port: 53, kind: "drip" },
  { port: 53, kind: "half" },
  { port: 53, kind: "garbage" },
])("3000 connections to $port that stay $kind keep out nobody else", async ({ port, kind }) => {
  await using site = await openAbusedSite();
  const daemon = await site.serve({ args: abusedArgs(site) });
  await expectService(site);
  const before = descriptorsOf(daemon);
  await using _held = await holdConnections(port, 3000, kind);
  await expectService(site);
  expect(
    await site.run("client", "dig", "+tcp", "+short", "@10.77.0.1", "wide.kindling.lan", "SOA"),
  ).toMatchObject({ exitCode: 0 });
  // Nobody who does not finish is waited for: the attacker still holds on.
  await expect.poll(() => descriptorsOf(daemon), { timeout: 20_000 }).toBeLessThan(before + 10);
  await expectService(site);
});

it("what a forged question makes the daemon send is bounded, however long one waits", async () => {
  await using site = await openAbusedSite();
  await site.serve({ args: abusedArgs(site) });
  process.stdout.write(showAmplification(await measureAmplification(60_000)));
});
