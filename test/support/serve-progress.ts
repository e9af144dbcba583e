/**
 * Hears what an installation tells of its progress: `node serve-progress.ts ADDRESS PORT`. Each body of
 * a POST is a line on stderr, after the line that says it listens.
 */
import { createServer } from "node:http";
import { text } from "node:stream/consumers";

const [address = "", port = ""] = process.argv.slice(2);
const server = createServer((request, response) => {
  void text(request).then((body) => {
    process.stderr.write(`${body}\n`);
    response.end();
  });
});
server.listen(Number(port), address, () => process.stderr.write("listening\n"));
