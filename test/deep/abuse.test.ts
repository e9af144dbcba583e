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

it.each([67, 4011, 69, 53, 547])(
  `a daemon stands ${datagrams} datagrams on port %i (FUZZ_SEED=${seed})`,
  async (port) => {
    await using site = await openAbusedSite();
    const args = [...abusedArgs(site), "--log-level", "warn"];
    const daemon = site.start({ args, environment: heapLimits });
    await expect.poll(() => site.lease(), { timeout: 20_000 }).toBeDefined();
    const { growthKib, perSecond } = await standFlood(site, daemon, { port, datagrams, seed });
    process.stdout.write(`port ${port}: ${perSecond} datagrams/s, grew by ${growthKib} KiB\n`);
    expect(growthKib).toBeLessThan(growthMaxKib);
    expect(new Set(await udpDrops(site)), "all of it was read").toEqual(new Set(["0"]));
    // Made-up machines took what they could get; one that was never here gets an address as well.
    await site.run("client", ..."ip link set eth0 address 52:54:00:77:00:99".split(" "));
    await expect.poll(() => site.lease(), { timeout: 75_000 }).toBeDefined();
    expect(daemon.lines.filter(({ level }) => level === "error")).toEqual([]);
  },
);

it.each([8080, 53])("3000 connections to %i that never finish keep out nobody", async (port) => {
  await using site = await openAbusedSite();
  const daemon = await site.serve({ args: abusedArgs(site) });
  await expectService(site);
  const before = descriptorsOf(daemon);
  await using holding = new AsyncDisposableStack();
  for (const kind of ["silent", "drip", "half", "garbage"]) {
    holding.use(await holdConnections(port, 750, kind));
  }
  await expectService(site);
  const tcp = ["dig", "+tcp", "+short", "@10.77.0.1", "provisioner.kindling.lan"];
  expect(await site.run("client", ...tcp)).toMatchObject({ stdout: "10.77.0.1" });
  // Who does not finish is not waited for: the attacker still holds on.
  await expect.poll(() => descriptorsOf(daemon), { timeout: 20_000 }).toBeLessThan(before + 10);
  await expectService(site);
});

it("what a forged question makes the daemon send is bounded, however long one waits", async () => {
  await using site = await openAbusedSite();
  await site.serve({ args: abusedArgs(site) });
  process.stdout.write(showAmplification(await measureAmplification(60_000)));
});
