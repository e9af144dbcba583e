import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runLine } from "../support/cli.ts";

it.each([
  { signal: "SIGINT", exit: 130 },
  { signal: "SIGTERM", exit: 143 },
])(
  "a command that waits for the daemon ends by $signal with $exit, in words",
  async ({ signal, exit }) => {
    const folder = await mkdtemp(join(tmpdir(), "kindling-stop-"));
    const socket = join(folder, "admin.sock");
    const daemon = createServer(() => {}).listen(socket);
    try {
      await once(daemon, "listening");
      const stop = new AbortController();
      const ended = runLine(["dhcp", "leases", "--socket", socket], stop.signal);
      await once(daemon, "request");
      stop.abort(signal);
      expect(await ended).toEqual({ exit, out: "", error: `kindling: stopped by ${signal}\n` });
    } finally {
      daemon.close();
      daemon.closeAllConnections();
      await rm(folder, { recursive: true });
    }
  },
);
