import { expect, it } from "vitest";
import {
  abusedArgs,
  descriptorsOf,
  expectService,
  holdConnections,
  measureAmplification,
  openAbusedSite,
  runClient,
  secret,
  showAmplification,
} from "../support/abuse.ts";

it("no spelling of a name leaves the folders that are served, by TFTP or HTTP", async () => {
  await using site = await openAbusedSite();
  const daemon = await site.serve({ args: abusedArgs(site) });
  await site.lease();
  const rows: { by: string; name: string; answer: string }[] = JSON.parse(
    await runClient("client", "escape-client.ts"),
  );
  const controls = rows.filter(({ name }) => name === "control");
  expect(controls.map(({ answer }) => /(?:own|plain)$/.test(answer))).toEqual(Array(4).fill(true));
  const escapes = rows.filter(({ name }) => name !== "control");
  expect(escapes.length).toBeGreaterThan(800);
  const leaks = escapes.filter(({ answer }) => answer.includes(secret) || /root:/.test(answer));
  expect(leaks).toEqual([]);
  const isNo = (answer: string) =>
    /^(?:error$|HTTP\/1\.1 (?:30[178]|400|403|404|414|431) )/.test(answer);
  expect(escapes.filter(({ answer }) => !isNo(answer))).toEqual([]);
  // A link out of a folder of loaders is followed by nobody.
  expect(await site.get("/loaders/link.efi")).not.toContain(secret);
  const link = await site.run("client", "curl", "-sS", "tftp://10.77.0.1/link.efi");
  expect(link).toMatchObject({ stdout: "" });
  expect(daemon.lines.filter(({ level }) => level === "error")).toEqual([]);
});

it("a daemon of 64 descriptors stands connection floods, says so once, and recovers", async () => {
  await using site = await openAbusedSite();
  const under = ["prlimit", "--nofile=64:64"];
  const daemon = await site.serve({ args: abusedArgs(site), under });
  await expectService(site);
  const before = descriptorsOf(daemon);
  {
    await using _http = await holdConnections(8080, 200, "half");
    await using _dns = await holdConnections(53, 200, "half");
    expect(await runClient("attacker", "noise-client.ts", "2000", "1", "69")).toContain("2000");
    await expectService(site);
  }
  for (const part of ["http", "dns"]) {
    const told = daemon.lines.filter(({ msg }) => msg === `${part} connections turned away`);
    expect(told).toMatchObject([{ level: "warn", peer: "10.77.0.50" }]);
  }
  await expect.poll(() => descriptorsOf(daemon), { timeout: 5_000 }).toBeLessThan(before + 20);
  await expectService(site);
  expect(daemon.lines.filter(({ level }) => level === "error")).toEqual([]);
});

it("what a forged question makes the daemon send is bounded", async () => {
  await using site = await openAbusedSite();
  await site.serve({ args: abusedArgs(site) });
  process.stdout.write(showAmplification(await measureAmplification(4_000)));
});

// accept(2) gives such a connection, and nobody can say any more whose it was.
it("connections that were reset before they were accepted end nothing but themselves", async () => {
  await using site = await openAbusedSite();
  const daemon = await site.serve({ args: abusedArgs(site) });
  await site.lease();
  daemon.signal("SIGSTOP");
  const reset = `
    const { connect } = require("net");
    for (const port of [53, 8080, 53, 8080]) {
      const socket = connect(port, "10.77.0.1", () => {
        socket.write("GET /healthz HTTP/1.1\\r\\nHost: k\\r\\n\\r\\n", () => socket.resetAndDestroy());
      });
    }
  `;
  await site.run("client", process.execPath, "-e", reset);
  daemon.signal("SIGCONT");
  await expectService(site);
  expect(daemon.lines.filter(({ level }) => level === "error")).toEqual([]);
});
