import { describe, expect, it } from "vitest";
import { checkPurity, isPure } from "./purity.ts";
import { fixture, readTree } from "./tree.ts";

const inPureFile = (text: string) => checkPurity(fixture({ "src/dhcp/decide.ts": text }));

describe("checkPurity", () => {
  it("holds in the tree", () => {
    expect(checkPurity(readTree())).toEqual([]);
  });

  it.each([
    { name: "the clock", text: "const now = Date.now();" },
    { name: "a date of now", text: "return new Date().toISOString();" },
    { name: "a date of now without brackets", text: "return new Date;" },
    { name: "another shell of its part", text: `import { x } from "./lease-store.ts";` },
    { name: "a timer", text: "setTimeout(resend, 1000);" },
    { name: "a timer handed on", text: "start({ later: setImmediate });" },
    { name: "the environment", text: "const name = process.env.HOME;" },
    { name: "the console", text: "console.log(packet);" },
    { name: "the network", text: "const reply = await fetch(url);" },
    { name: "randomness", text: "const xid = Math.random();" },
    { name: "a node module", text: `import { readFileSync } from "node:fs";` },
    { name: "a type of a node module", text: `import type { Socket } from "node:dgram";` },
    { name: "the shells' floor", text: `import { openUdp } from "../runtime/udp.ts";` },
    { name: "its own shell", text: `import { openDhcpServer } from "./server.ts";` },
    { name: "a use inside a template", text: `const id = \`\${Date.now()}\`;` },
  ])("catches $name", ({ text }) => {
    expect(inPureFile(`\n${text}`)).toEqual([expect.stringMatching(/^src\/dhcp\/decide\.ts:2 /)]);
  });

  it.each([
    { name: "a comment", text: "// not Date.now(): time is an argument" },
    { name: "a string", text: `throw new WireError("fetch(x) and process.exit");` },
    { name: "a member of another thing", text: "pool.process.next(); source.fetch(name);" },
    { name: "a time that was given", text: "return new Date(text).getTime();" },
    { name: "a type", text: "type File = { modified: Date };" },
    { name: "a clock that was passed in", text: "const now = clock.now();" },
    { name: "Buffer", text: "return Buffer.from(bytes).toString();" },
    { name: "the type of a shell", text: `import type { Clock } from "../runtime/clock.ts";` },
  ])("lets $name pass", ({ text }) => {
    expect(inPureFile(text)).toEqual([]);
  });
});

describe("isPure", () => {
  it.each([
    { path: "src/wire/mac.ts", want: true },
    { path: "src/errors.ts", want: true },
    { path: "src/tftp/transfer.ts", want: true },
    { path: "src/tftp/server.ts", want: false },
    { path: "src/http/admin-server.ts", want: false },
    { path: "src/dhcp/lease-store.ts", want: false },
    { path: "src/dhcp/observer.ts", want: true },
    { path: "src/runtime/udp.ts", want: false },
    { path: "src/daemon.ts", want: false },
  ])("says $want of $path", ({ path, want }) => {
    expect(isPure(path)).toBe(want);
  });
});
