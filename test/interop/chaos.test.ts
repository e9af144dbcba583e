import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { chaosRows } from "../support/crowd/rows.ts";
import { type DaemonSite, openDaemonSite } from "../support/daemon-site.ts";

const seed = Number(process.env["CHAOS_SEED"] ?? Date.now() % 2 ** 31);

let site: DaemonSite;
beforeEach(async () => {
  site = await openDaemonSite();
  await site.lan.addHost("crowd");
});
afterEach(() => site[Symbol.asyncDispose]());

describe(`40 machines come and go, all are served and no address is given twice, while (CHAOS_SEED=${seed})`, () => {
  it.each(chaosRows)("$name", async ({ run }) => {
    await run(site, { seed, stations: 40, exchanges: 200, times: 5 });
    expect(seed).toBeGreaterThanOrEqual(0);
  });
});
