import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { formatJoinBundle } from "../../src/installer/join-bundle.ts";

it("is put in its place by tar, with the rights of each file", () => {
  const folder = mkdtempSync(join(tmpdir(), "kindling-bundle-"));
  try {
    const files = [
      { path: "/etc/ssl/etcd/ca.crt", mode: 0o644, text: "ca\n" },
      { path: "/etc/ssl/etcd/server.key", mode: 0o600, owner: "daemon", text: "é" },
    ];
    const list = execFileSync("tar", ["-tvf", "-"], { input: formatJoinBundle(files) }).toString();
    expect(list).toMatch(/^-rw------- daemon\/0 .* etc\/ssl\/etcd\/server.key$/m);
    execFileSync("tar", ["-xpf", "-", "-C", folder], { input: formatJoinBundle(files) });
    for (const { path, mode, text } of files) {
      expect(readFileSync(join(folder, path), "utf8")).toBe(text);
      expect(statSync(join(folder, path)).mode & 0o777).toBe(mode);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
