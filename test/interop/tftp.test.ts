import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa, type ResultPromise } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { onHost, openVirtualLan, type VirtualLan } from "../../src/lab/virtual-lan.ts";
import { fileOfSize } from "../support/tftp-files.ts";

const sizes = [0, 1, 511, 512, 513, 1_048_576];
const address = "10.69.0.1";

type Client = { readonly name: string; readonly argv: (file: string, to: string) => string[] };

const NpmTftp = `
  const client = require(${JSON.stringify(createRequire(import.meta.url).resolve("tftp"))})
    .createClient({ host: "${address}" });
  client.get(process.argv[1], process.argv[2], (error) => { if (error) throw error; });
`;

const clients: readonly Client[] = [
  {
    name: "tftp-hpa",
    argv: (file, to) => ["tftp", "-m", "binary", address, "-c", "get", file, to],
  },
  { name: "atftp", argv: (file, to) => ["atftp", "--get", "-r", file, "-l", to, address] },
  {
    name: "atftp with options",
    argv: (file, to) => [
      ...["atftp", "--option", "tsize", "--option", "blksize 1432", "--option", "windowsize 8"],
      ...["--option", "timeout 2", "--get", "-r", file, "-l", to, address],
    ],
  },
  { name: "curl", argv: (file, to) => ["curl", "-sS", "-o", to, `tftp://${address}/${file}`] },
  {
    name: "curl without options",
    argv: (file, to) => [
      "curl",
      "-sS",
      "--tftp-no-options",
      "-o",
      to,
      `tftp://${address}//${file}`,
    ],
  },
  {
    name: "busybox",
    argv: (file, to) => ["busybox", "tftp", "-b", "1468", "-g", "-r", file, "-l", to, address],
  },
  { name: "npm tftp", argv: (file, to) => [process.execPath, "-e", NpmTftp, file, to] },
];

describe.each([{ mode: "own" }, { mode: "single" }])("transfers by $mode port", ({ mode }) => {
  let lan: VirtualLan;
  let folder: string;
  let server: ResultPromise<{ buffer: false }>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tftp-"));
    lan = await openVirtualLan();
    await lan.addHost("server", `${address}/24`);
    await lan.addHost("client", "10.69.0.2/24");
    const script = join(import.meta.dirname, "../support/serve-tftp.ts");
    const argv = [process.execPath, script, address, "69", mode, ...sizes.map(String)];
    const [program = "", ...rest] = onHost("server", argv);
    server = execa(program, rest, { buffer: false });
    await Promise.race([once(server.stdout, "data"), server]); // the line that says it serves
  });
  afterAll(async () => {
    server.kill("SIGTERM");
    await server.catch(() => {});
    await lan[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  describe.each(clients)("$name", ({ argv }) => {
    it.each(sizes.map((size) => ({ size })))("gets $size bytes", async ({ size }) => {
      const to = join(folder, "got");
      await rm(to, { force: true });
      if (size === 0) await writeFile(to, ""); // not every client makes a file of nothing
      const [program = "", ...rest] = onHost("client", argv(`${size}.bin`, to));
      await execa(program, rest, { timeout: 20_000 });
      expect((await readFile(to)).equals(fileOfSize(size))).toBe(true);
    });
  });
});
