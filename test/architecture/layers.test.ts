import { describe, expect, it } from "vitest";
import { checkCycles, checkLayers } from "./layers.ts";
import { fixture, readTree } from "./tree.ts";

const importing = (from: string, target: string) =>
  checkLayers(fixture({ [from]: `import { x } from "${target}";` }));

describe("checkLayers", () => {
  it("holds in the tree", () => {
    expect(checkLayers(readTree())).toEqual([]);
  });

  it.each([
    { name: "a floor sees those below", from: "src/boot/a.ts", target: "../wire/mac.ts" },
    { name: "a file sees its own part", from: "src/dns/a.ts", target: "./zone.ts" },
    { name: "a part sees the store", from: "src/http/a.ts", target: "../store/catalog.ts" },
    { name: "http renders", from: "src/http/a.ts", target: "../render/ipxe.ts" },
    { name: "the daemon sees every part", from: "src/daemon.ts", target: "./dhcp/server.ts" },
    { name: "the lab reads what a codec says", from: "src/lab/a.ts", target: "../dhcp/packet.ts" },
    { name: "a command starts the daemon", from: "src/cli/serve.ts", target: "../daemon.ts" },
    { name: "packages are no business of this table", from: "src/wire/a.ts", target: "zod" },
  ])("$name", ({ from, target }) => {
    expect(importing(from, target)).toEqual([]);
  });

  it.each([
    { name: "a floor that looks up", from: "src/wire/a.ts", target: "../boot/machine.ts" },
    { name: "one part in another", from: "src/dns/a.ts", target: "../dhcp/lease.ts" },
    { name: "dhcp rendering", from: "src/dhcp/a.ts", target: "../render/ipxe.ts" },
    {
      name: "a part reading the configuration",
      from: "src/tftp/a.ts",
      target: "../config/load.ts",
    },
    { name: "runtime knowing a part", from: "src/runtime/a.ts", target: "../dhcp/packet.ts" },
    { name: "the daemon known to a part", from: "src/http/a.ts", target: "../daemon.ts" },
    { name: "the daemon running the lab", from: "src/daemon.ts", target: "./lab/sandbox.ts" },
    { name: "the lab inside a shell of a part", from: "src/lab/a.ts", target: "../dhcp/server.ts" },
    { name: "src reaching for a test", from: "src/dns/a.ts", target: "../../test/support/x.ts" },
    { name: "a folder nobody placed", from: "src/helpers/a.ts", target: "../wire/mac.ts" },
  ])("catches $name", ({ from, target }) => {
    expect(importing(from, target)).toEqual([
      expect.stringMatching(new RegExp(`^${from}:1 may not import `)),
    ]);
  });
});

describe("checkCycles", () => {
  it("holds in the tree", () => {
    expect(checkCycles(readTree())).toEqual([]);
  });

  it("catches a ring of three, once", () => {
    const files = fixture({
      "src/dns/a.ts": `import { b } from "./b.ts";`,
      "src/dns/b.ts": `import { c } from "./c.ts";`,
      "src/dns/c.ts": `export { a } from "./a.ts";`,
    });
    expect(checkCycles(files)).toEqual([
      "src/dns/a.ts -> src/dns/b.ts -> src/dns/c.ts -> src/dns/a.ts: break the ring",
    ]);
  });

  it("lets a type look back", () => {
    const files = fixture({
      "src/dns/a.ts": `import { b } from "./b.ts";`,
      "src/dns/b.ts": `import type { A } from "./a.ts";`,
    });
    expect(checkCycles(files)).toEqual([]);
  });
});
