import { describe, it } from "vitest";
import { openCrowdSite } from "../support/crowd/crowd-lab.ts";
import { shortRows } from "../support/crowd/rows.ts";

const seed = Number(process.env["CHAOS_SEED"] ?? Date.now() % 2 ** 31);

describe(`all machines are served, no address is given twice (CHAOS_SEED=${seed}), while`, () => {
  it.each(shortRows)("$name", async ({ run }) => {
    await using site = await openCrowdSite();
    await run(site, { seed, stations: 40, exchanges: 100, times: 4 });
  });
});
