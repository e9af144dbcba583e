import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sandboxCommand } from "../../src/lab/sandbox.ts";

const uid = process.getuid?.() ?? 0;
const script = join(import.meta.dirname, "../support/packet-socket-probe.ts");

/** Runs one part of the script where raw sockets are allowed and nobody else's frames are. */
function inSandbox(part: string) {
  const argv = [process.execPath, script, part];
  const [program = "", ...rest] = sandboxCommand(argv, uid);
  return spawnSync(program, rest, { encoding: "utf8", timeout: 15_000, killSignal: "SIGKILL" });
}

const refused = spawnSync("unshare", [...(uid === 0 ? [] : ["--user"]), "--net", "true"]).status;
const why = refused === 0 ? "" : " (skipped: this host lets us make no namespace)";

describe.skipIf(why !== "")(`openPacketSocket${why}`, () => {
  it("carries frames of its EtherType, past its filter, without polling or a thread", () => {
    const { stdout, stderr } = inSandbox("exchange");
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({
      mac: "00:00:00:00:00:00",
      arp: ["01", "02"],
      ip: ["67"],
      fileRead: true,
    });
  });

  it("lets the process end at once, though frames may still come", () => {
    const { stdout } = inSandbox("end");
    expect(Number(stdout)).toBeLessThan(500); // a blocking recv would wait for its time-out
  });

  it("tells what is wrong with a device, and hands a handler's bug on", () => {
    expect(JSON.parse(inSandbox("failures").stdout)).toEqual({
      missing: "there is no interface nope0",
      bug: "a bug",
      down: "recvmsg ENETDOWN",
    });
  });
});
