/** An upstream in a process of its own: serves a folder over HTTPS and tells its port. Without a port of its own it ends with its parent. */
import { createReadStream, readFileSync, statSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

const [folder = ".", wanted] = process.argv.slice(2);
const read = (name: string) => readFileSync(join(folder, name));
const server = createServer(
  { cert: read("server.crt"), key: read("server.key") },
  (request, response) => {
    const path = join(folder, "files", decodeURI(request.url ?? "").replaceAll("..", ""));
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size === undefined) response.writeHead(404).end();
    else {
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
      const range = { "content-range": `bytes ${from}-${size - 1}/${size}` };
      const headers = { "content-length": size - from, etag: `"${size}"` };
      response.writeHead(from > 0 ? 206 : 200, { ...headers, ...(from > 0 && range) });
      createReadStream(path, { start: from, highWaterMark: 1 << 20 }).pipe(response);
    }
  },
);
server.listen(Number(wanted ?? 0), "127.0.0.1", () => {
  // proven: it listens on TCP
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
  process.stderr.write("ready\n");
});
if (wanted === undefined) process.stdin.resume().on("end", () => process.exit());
