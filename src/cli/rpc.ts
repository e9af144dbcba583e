import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Command } from "commander";
import { KindlingError, WireError } from "../errors.ts";
import type { CatalogClient } from "../rpc/client.ts";
import { readCredentials } from "../rpc/credentials.ts";
import { formatGroup, formatProfile } from "../store/format.ts";
import { parseGroup, parseProfile } from "../store/parse.ts";
import { formatColumns } from "./columns.ts";
import type { CliContext } from "./context.ts";

/** How long one call may take, ms. */
const timeoutMs = 10_000;

/** What the commands below may be asked to do with one kind of entry. */
export type Noun = {
  list(client: CatalogClient): Promise<string>;
  show(client: CatalogClient, name: string): Promise<string | Uint8Array>;
  put(client: CatalogClient, file: string): Promise<void>;
  remove(client: CatalogClient, name: string): Promise<void>;
};

/** Where the daemon is and who asks, as flags. */
export type RpcFlags = {
  readonly endpoints: string;
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
};

/** Adds the flags that every command over gRPC takes; `folder` holds the default credentials. */
export function addRpcFlags(command: Command, folder: string): Command {
  return command
    .option("--endpoints <list>", "host:port, several with commas between", "127.0.0.1:8081")
    .option("--ca-file <file>", "authority that the server's certificate is of", `${folder}/ca.crt`)
    .option("--cert-file <file>", "certificate of this client", `${folder}/client.crt`)
    .option("--key-file <file>", "its key", `${folder}/client.key`);
}

/** Dials with the flags for as long as `run` takes. */
export async function withClient<T>(
  flags: RpcFlags,
  run: (client: CatalogClient) => Promise<T>,
): Promise<T> {
  const endpoints = flags.endpoints.split(",").map((endpoint) => endpoint.trim());
  const bad = endpoints.find(
    (endpoint) => !/^[^\s/:]+:\d{1,5}$|^\[[\d:a-f]+\]:\d{1,5}$/i.test(endpoint),
  );
  if (bad !== undefined) {
    throw new KindlingError("usage.invalid", `--endpoints: want host:port, got "${bad}"`);
  }
  const credentials = await readCredentials(flags);
  const { openCatalogClient } = await import("../rpc/client.ts"); // other commands need no gRPC
  await using client = openCatalogClient({ endpoints, credentials, timeoutMs });
  return await run(client);
}

/** The kinds of entries, by the name of their command. */
export const Nouns = {
  group: {
    async list({ groups }) {
      const rows = (await groups.list()).map(({ id, name, selector, profile }) => {
        const labels = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
        return [id, name, labels.sort().join(","), profile];
      });
      return formatColumns([["ID", "NAME", "SELECTOR", "PROFILE"], ...rows]);
    },
    show: async ({ groups }, id) => `${formatGroup(await groups.show(id))}\n`,
    put: async ({ groups }, file) => groups.put(await readEntry(file, parseGroup)),
    remove: ({ groups }, id) => groups.remove(id),
  },
  profile: {
    async list({ profiles }) {
      const rows = (await profiles.list()).map((one) => {
        return [one.id, one.name, one.ignitionId, one.genericId, one.boot?.kernel ?? "-"];
      });
      return formatColumns([["ID", "NAME", "IGNITION", "GENERIC", "KERNEL"], ...rows]);
    },
    show: async ({ profiles }, id) => `${formatProfile(await profiles.show(id))}\n`,
    put: async ({ profiles }, file) => profiles.put(await readEntry(file, parseProfile)),
    remove: ({ profiles }, id) => profiles.remove(id),
  },
  ignition: {
    list: (client) => listNamed(client, "ignitionId"),
    show: ({ ignition }, name) => ignition.show(name),
    put: async ({ ignition }, file) => ignition.put(basename(file), await read(file)),
    remove: ({ ignition }, name) => ignition.remove(name),
  },
  generic: {
    list: (client) => listNamed(client, "genericId"),
    show: ({ generic }, name) => generic.show(name),
    put: async ({ generic }, file) => generic.put(basename(file), await read(file)),
    remove: ({ generic }, name) => generic.remove(name),
  },
} as const satisfies Readonly<Record<string, Noun>>;

/** `kindling group|profile|ignition|generic ls|show|put|rm`. */
export function addRpcCommands(program: Command, context: CliContext): void {
  for (const [name, noun] of Object.entries(Nouns)) addNoun(program, { name, noun, context });
}

function addNoun(
  program: Command,
  { name, noun, context }: { name: string; noun: Noun; context: CliContext },
): void {
  const command = program.command(name).description(`${name} entries of a daemon, over gRPC`);
  addRpcFlags(command, "/etc/kindling/tls");
  const add = (
    usage: string,
    help: string,
    run: (client: CatalogClient, word: string) => Promise<void>,
  ) =>
    command
      .command(usage)
      .description(help)
      .action(async (...words: unknown[]) => {
        const word = typeof words[0] === "string" ? words[0] : "";
        await withClient(command.opts<RpcFlags>(), (client) => run(client, word));
      });
  const ofProfiles = name === "group" || name === "profile" ? "" : " that profiles name";
  add("ls", `list them${ofProfiles}`, async (client) => context.out.write(await noun.list(client)));
  add("show <name>", "print one", async (client, word) => {
    context.out.write(await noun.show(client, word));
  });
  add("put <file>", "create or replace one from a file", (client, file) => noun.put(client, file));
  add("rm <name>", "remove one", (client, word) => noun.remove(client, word));
}

// The API lists no files: what can be listed is what profiles ask for.
async function listNamed(
  { profiles }: CatalogClient,
  key: "ignitionId" | "genericId",
): Promise<string> {
  const using = Map.groupBy(await profiles.list(), (profile) => profile[key]);
  const rows = [...using]
    .filter(([name]) => name !== "")
    .map(([name, all]) => [name, all.map(({ id }) => id).join(",")]);
  return formatColumns([["NAME", "PROFILES"], ...rows]);
}

async function readEntry<T>(file: string, parse: (name: string, text: string) => T): Promise<T> {
  const text = (await read(file)).toString("utf8");
  try {
    return parse(basename(file), text);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new KindlingError("catalog.invalid", `${file}: ${error.message}`, error.details, error);
  }
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const cause = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new KindlingError("usage.invalid", `cannot read ${file} (${cause})`, { file }, error);
  }
}
