/**
 * Hands bundles out as a cluster's machines are promised: once for each token, to the machine's own
 * address. Arguments: address, port, a file of { cert, key, tickets: [{ token, address, bundle }] }, the
 * bundles in base64. Prints a line when it serves, and one for each answer.
 */
import { readFileSync, writeSync } from "node:fs";
import { createServer } from "node:https";

type Ticket = { readonly token: string; readonly address: string; readonly bundle: string };

const [host, port, file = ""] = process.argv.slice(2);
const settings: { cert: string; key: string; tickets: Ticket[] } = JSON.parse(
  readFileSync(file, "utf8"),
);
const used = new Set<string>();
const server = createServer({ cert: settings.cert, key: settings.key }, (request, response) => {
  const token = request.headers.authorization?.replace(/^Bearer /, "");
  const ticket = settings.tickets.find((one) => one.token === token);
  const isOwn = request.socket.remoteAddress === ticket?.address;
  const status = ticket === undefined || !isOwn ? 403 : used.has(ticket.token) ? 410 : 200;
  if (ticket !== undefined && status === 200) used.add(ticket.token);
  writeSync(1, `${request.method} ${request.url} ${status}\n`);
  response.writeHead(status, { "content-type": "application/x-tar" });
  response.end(status === 200 && ticket ? Buffer.from(ticket.bundle, "base64") : "");
});
server.listen(Number(port), host, () => writeSync(1, "serving\n"));
