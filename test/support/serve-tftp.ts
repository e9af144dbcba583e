/**
 * A TFTP server for clients in other processes: `node serve-tftp.ts ADDRESS[%DEVICE],… PORT MODE SIZE…`,
 * MODE `single` or `own`. Prints its bound port as a JSON line when it serves, then one line for each
 * event and warning; ends with SIGTERM.
 */
import { once } from "node:events";
import { systemClock } from "../../src/runtime/clock.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { openTftpServer } from "../../src/tftp/server.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { filesOfSizes } from "./tftp-files.ts";

const [links = "", port = "", mode = "", ...sizes] = process.argv.slice(2);
const tell = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`);
const settings = {
  blksizeMax: 1468,
  windowMax: 64,
  transfersMax: 500,
  transfersPerClient: 500,
  onLinkOnly: false,
  singlePort: mode === "single",
};
await using server = await openTftpServer(
  {
    links: links.split(",").map((link) => {
      const [address = "", device] = link.split("%");
      return { address: parseIpv4(address), ...(device !== undefined && { device }) };
    }),
    port: Number(port),
    files: filesOfSizes(sizes.map(Number)),
    settings,
    clock: systemClock,
    log: { ...silentLog, warn: (warning, fields) => tell({ warning, ...fields }) },
    publish: tell,
  },
  new AbortController().signal,
);
server.serve();
tell({ port: server.bound[0]?.port });
await once(process, "SIGTERM");
