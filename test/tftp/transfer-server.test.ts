import { describe, expect, it } from "vitest";
import { silentLog } from "../../src/runtime/log.ts";
import { openTftpServer } from "../../src/tftp/server.ts";
import { drainMs } from "../../src/tftp/transfer-server.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { openTftpClient } from "../support/tftp-client.ts";
import { fileOfSize } from "../support/tftp-files.ts";

const sizes = [0, 1, 511, 512, 513];
const blksizes = [undefined, 8, 512, 1408, 1428, 1432, 1456, 1468, 65_464];
const windowsizes = [undefined, 1, 4, 16, 64];
const files = new Map(sizes.map((size) => [`${size}`, fileOfSize(size)]));

describe.each([{ singlePort: false }, { singlePort: true }])(
  "with singlePort $singlePort",
  (mode) => {
    it.each(blksizes.map((blksize) => ({ blksize })))(
      "every size arrives in every window by blocks of $blksize",
      async ({ blksize }) => {
        const limits = {
          blksizeMax: 65_464,
          windowMax: 64,
          transfersMax: 9,
          transfersPerClient: 9,
        };
        const clock = new FakeClock(); // stands still: nothing is sent twice
        const server = await openTftpServer(
          {
            links: [{ address: parseIpv4("127.0.0.1") }],
            port: 0,
            files: {
              open: (name) => ({ kind: "file", name, bytes: files.get(name) ?? Buffer.of() }),
            },
            settings: { ...limits, ...mode, onLinkOnly: false },
            clock,
            log: silentLog,
            publish: () => {},
          },
          new AbortController().signal,
        );
        server.serve();
        await using client = await openTftpClient();
        for (const windowsize of windowsizes) {
          for (const [name, bytes] of files) {
            const options = { ...(blksize && { blksize }), ...(windowsize && { windowsize }) };
            const got = await client.read(name, server.bound[0]?.port ?? 0, options);
            expect(got.equals(bytes), `${name} bytes, window ${windowsize}`).toBe(true);
          }
        }
        const closing = server[Symbol.asyncDispose]();
        clock.step(drainMs); // the last ACK comes before or never
        await closing;
      },
    );
  },
);
