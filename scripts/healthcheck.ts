/**
 * Is the daemon alive? Asks /healthz through the admin socket, so it works whatever addresses are
 * served: `node scripts/healthcheck.ts [SOCKET]`. Exit code 0 is yes, 1 is no, with the reason.
 */
import { request } from "node:http";

const waitMs = 3000;
const [argument = "/run/kindling/admin.sock"] = process.argv.slice(2);

if (argument === "--help") console.log("usage: node scripts/healthcheck.ts [SOCKET]");
else ask(argument);

function ask(socketPath: string): void {
  const asking = request({ socketPath, path: "/healthz", timeout: waitMs }, (response) => {
    response.resume();
    if (response.statusCode !== 200) say(`/healthz answered ${response.statusCode}, want 200`);
  });
  asking.on("timeout", () => asking.destroy(new Error(`no answer in ${waitMs} ms`)));
  asking.on("error", (error) => say(`${socketPath}: ${error.message}`));
  asking.end();
}

function say(reason: string): void {
  console.error(reason);
  process.exitCode = 1;
}
