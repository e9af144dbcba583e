import { expect, it } from "vitest";
import { openDaemonSite } from "../support/daemon-site.ts";
import { standNoise, udpDrops } from "../support/robust.ts";

const datagrams = 20_000;
const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 31);

it(
  `a daemon stands ${datagrams} datagrams of noise (FUZZ_SEED=${seed})`,
  { timeout: 120_000 },
  () => standNoise(datagrams, seed),
);

// Linux counts 832 bytes for a datagram this small: its default buffer of 208 KiB holds 256.
it("a daemon that is busy loses nothing of what a rack asks at once", async () => {
  await using site = await openDaemonSite();
  const daemon = await site.serve();
  await site.lease();
  daemon.signal("SIGSTOP");
  const ask = `
    const socket = require("dgram").createSocket("udp4");
    let open = 1600;
    for (const port of [67, 4011, 69, 53]) {
      for (let count = 0; count < 400; count += 1) {
        socket.send("?", port, "10.77.0.1", () => --open || socket.close());
      }
    }
  `;
  await site.run("client", process.execPath, "-e", ask);
  const drops = await udpDrops(site);
  expect(drops.length).toBeGreaterThanOrEqual(4);
  expect(drops.filter((count) => count !== "0")).toEqual([]);
  daemon.signal("SIGCONT");
  expect(await site.dig("provisioner.kindling.lan")).toBe("10.77.0.1");
});

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
  // The answer may be here before the line about it.
  await expect.poll(() => daemon.lines.at(-1)).toMatchObject({ msg: "http request" });
});
