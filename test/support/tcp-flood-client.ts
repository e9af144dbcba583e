/**
 * `tcp-flood-client.ts PORT COUNT KIND`: COUNT connections to 10.77.0.1 that are opened and never finished.
 * `silent` says nothing, `drip` a byte in half a second, `half` half a request, `garbage` random bytes.
 * Says `held` and how many on stderr when all have been tried, and each second how many are left.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { seededRandom } from "./lossy-link.ts";

const [port = "", count = "", kind = ""] = process.argv.slice(2);
const random = seededRandom(7);
const half =
  port === "53"
    ? Buffer.of(0, 40, 0x12, 0x34, 1, 0, 0, 1)
    : Buffer.from("GET /assets/plain.txt HTTP/1.1\r\nHost: k\r\nX-");
const garbage = () => Buffer.from(Array.from({ length: 700 }, () => Math.floor(random() * 256)));
let open = 0;

const sockets = Array.from({ length: Number(count) }, () => {
  const socket = connect({ host: "10.77.0.1", port: Number(port) });
  socket.on("error", () => {});
  socket.resume();
  open += 1;
  socket.once("close", () => {
    open -= 1;
  });
  if (kind === "half" || kind === "drip") socket.write(half);
  if (kind === "garbage") socket.write(garbage());
  return socket;
});
const settled = sockets.map((socket) => once(socket, "connect").catch(() => {}));
await Promise.all(settled);
setTimeout(() => process.stderr.write(`held ${open}\n`), 500);
setInterval(() => {
  if (kind !== "drip") return;
  for (const socket of sockets) if (!socket.destroyed) socket.write("a");
}, 500);
