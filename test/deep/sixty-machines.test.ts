import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { labNet } from "../../src/lab/lab-config.ts";
import { machineMac, openTestRoom } from "../support/lab.ts";

const count = 60;
/** ROM, iPXE and a script; QEMU itself takes about as much again. */
const memoryMb = 64;
/** Starting sixty programs at the same moment tells of that alone. */
const spreadMs = 100;

const origin = `http://${labNet.server}:${labNet.httpPort}`;
// The ROM of QEMU's cards has no `poweroff`; a reboot is QEMU's end.
const script = `#!ipxe
imgfetch ${origin}/report?mac=\${mac}&stage=up
reboot
`;
const files = new Map([
  ["groups/default.json", JSON.stringify({ id: "default", profile: "report" })],
  ["profiles/report.json", JSON.stringify({ id: "report", boot: { kernel: "/assets/up.ipxe" } })],
  ["assets/up.ipxe", script],
]);

it(`${count} machines with iPXE in their ROM boot at once, report and end`, async () => {
  await using test = await openTestRoom("sixty", { files });
  const macs = Array.from({ length: count }, (_, index) => machineMac(index + 1));
  const start = performance.now();
  const reports: number[] = [];
  test.room.onEvent(({ kind }) => {
    if (kind === "report") reports.push((performance.now() - start) / 1000);
  });
  const machines = [];
  for (const [index, mac] of macs.entries()) {
    machines.push(await test.powerOn(`m${index + 1}`, mac, "bios", { memoryMb }));
    await sleep(spreadMs);
  }
  const exits = await Promise.all(machines.map(({ ended }) => ended));
  const seconds = (performance.now() - start) / 1000;
  const told = reports.map((at) => at.toFixed(1));
  process.stdout.write(
    `${count} machines: first report after ${told[0]} s, last after ${told.at(-1)} s, all ended after ${seconds.toFixed(1)} s\n`,
  );
  expect(exits).toEqual(macs.map(() => 0));
  const reported = macs.filter((mac) =>
    test.timelineOf(mac)?.rows.some(({ stage }) => stage === "user-space"),
  );
  expect(reported).toEqual(macs);
});
