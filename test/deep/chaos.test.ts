import { describe, it } from "vitest";
import { openCrowdSite } from "../support/crowd/crowd-lab.ts";
import { allRows } from "../support/crowd/rows.ts";

const seed = Number(process.env["CHAOS_SEED"] ?? Date.now() % 2 ** 31);
const exchanges = Number(process.env["CHAOS_EXCHANGES"] ?? 2000);
const scale = { seed, stations: 90, exchanges, times: Math.ceil(exchanges / 50) };

describe(`${exchanges} exchanges: all machines are served, no address is given twice (CHAOS_SEED=${seed}), while`, () => {
  it.each(allRows)("$name", async ({ run }) => {
    await using site = await openCrowdSite();
    await run(site, scale);
  });
});
