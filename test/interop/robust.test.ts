import { expect, it } from "vitest";
import { openDaemonSite } from "../support/daemon-site.ts";
import { standNoise } from "../support/robust.ts";

const datagrams = 20_000;
const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 31);

it(
  `a daemon stands ${datagrams} datagrams of noise (FUZZ_SEED=${seed})`,
  { timeout: 120_000 },
  () => standNoise(datagrams, seed),
);

it("a daemon out of descriptors goes on with UDP, and with TCP when some are free again", async () => {
  await using site = await openDaemonSite();
  const daemon = await site.serve({ under: ["prlimit", "--nofile=48:48"] });
  await site.lease();
  const hold = `
    const sockets = Array.from({ length: 60 }, () => require("net").connect(8080, "10.77.0.1"));
    for (const one of sockets) one.on("error", () => {});
    Promise.all(sockets.map((one) => require("events").once(one, "connect")))
      .then(() => console.error("held"));
    setTimeout(() => sockets.forEach((one) => one.destroy()), 1500);
  `;
  const holder = await site.keep("client", [process.execPath, "-e", hold], /held/);
  expect(holder).toBeGreaterThan(0);
  expect(await site.dig("provisioner.kindling.lan")).toBe("10.77.0.1");
  expect(await site.lease()).toBeDefined();
  await expect.poll(() => site.get("/healthz"), { timeout: 10_000 }).toBe("ok");
  expect(daemon.lines.at(-1)).toMatchObject({ msg: "http request" });
});
