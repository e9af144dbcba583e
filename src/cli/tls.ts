import { chown, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { hostname, networkInterfaces } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { KindlingError } from "../errors.ts";
import type { PemPair } from "../pki/certificate-plan.ts";
import { expiryOf, makeAuthority, makeLeaves, serverNames } from "../rpc/credential-set.ts";
import { readAccount } from "../runtime/privileges.ts";
import { systemErrorCode } from "../runtime/system-error.ts";
import type { CliContext } from "./context.ts";

type TlsFlags = {
  readonly folder: string;
  readonly name: readonly string[];
  readonly days: string;
  readonly user?: string;
  readonly renew: boolean;
};

/** Adds `kindling tls init`. */
export function addTlsCommands(program: Command, context: CliContext): void {
  const tls = program.command("tls").description("certificates for the gRPC API");
  tls
    .command("init")
    .description("make an authority and the server's and the client's certificate")
    .option("--folder <folder>", "where to write them", "/etc/kindling/tls")
    .option("--name <name...>", "further DNS names or addresses that clients dial", [])
    .option("--days <n>", "how long server and client certificates count", "730")
    .option("--user <user>", "give the server's key to this user; see the setting user")
    .option("--renew", "keep the authority, replace the other two", false)
    .action((flags: TlsFlags) => initTls(flags, context));
}

async function initTls(flags: TlsFlags, context: CliContext): Promise<void> {
  const days = Number(flags.days);
  if (!Number.isInteger(days) || days < 1 || days > 3650) {
    throw new KindlingError("usage.invalid", `--days: want 1 to 3650, got "${flags.days}"`);
  }
  const account = flags.user === undefined ? undefined : readAccount(flags.user);
  const now = Date.now();
  await mkdir(flags.folder, { recursive: true, mode: 0o755 }).catch(refuseFolder);
  const authority = flags.renew ? await readPair(flags.folder, "ca") : await makeAuthority(now);
  const before = flags.renew ? serverNames((await readPair(flags.folder, "server")).cert) : [];
  const names = [...new Set([...ownNames(), ...before, ...flags.name])];
  const { server, client } = await makeLeaves(authority, { names, now, days });
  if (!flags.renew) {
    await refuseTaken(flags.folder);
    await writePair(flags, "ca", authority);
  }
  await writePair(flags, "server", server);
  await writePair(flags, "client", client);
  if (account !== undefined) {
    await chown(join(flags.folder, "server.key"), account.uid, account.gid);
  }
  const until = new Date(expiryOf(server.cert) ?? now).toISOString().slice(0, 10);
  context.out.write(`${flags.folder}: ca, server and client, valid until ${until}\n`);
  context.out.write(`the server is known as ${names.join(", ")}\n`);
  context.out.write("clients need ca.crt, client.crt and client.key; ca.key stays here\n");
}

/** Every name and address by which this host may be dialled. */
function ownNames(): readonly string[] {
  const addresses = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    // Link-local addresses are dialled with a zone, which no certificate can name.
    .filter(({ address }) => !address.startsWith("fe80:"));
  return [hostname().toLowerCase(), "localhost", ...addresses.map(({ address }) => address)];
}

async function readPair(folder: string, name: string): Promise<PemPair> {
  const read = (file: string) =>
    readFile(join(folder, file), "utf8").catch((error: unknown) => {
      const cure = "without --renew a new authority is made";
      const message = `cannot read ${join(folder, file)} (${systemErrorCode(error)}): ${cure}`;
      throw new KindlingError("tls.unusable", message, { file }, error);
    });
  return { cert: await read(`${name}.crt`), key: await read(`${name}.key`) };
}

// All or nothing: clients of a lost authority are locked out, and half of two sets helps nobody.
async function refuseTaken(folder: string): Promise<void> {
  const taken = (await readdir(folder)).filter((name) =>
    /^(ca|server|client)\.(crt|key)$/.test(name),
  );
  if (taken.length === 0) return;
  const message = `${folder} already has ${taken.join(", ")}: use --renew, or another --folder`;
  throw new KindlingError("tls.unusable", message, { folder });
}

async function writePair({ folder }: TlsFlags, name: string, pair: PemPair): Promise<void> {
  const files = [
    { path: join(folder, `${name}.key`), text: pair.key, mode: 0o600 },
    { path: join(folder, `${name}.crt`), text: pair.cert, mode: 0o644 },
  ];
  for (const { path, text, mode } of files) {
    await writeFile(path, text, { mode }).catch((error: unknown) => {
      const message = `cannot write ${path} (${systemErrorCode(error)}): use another --folder`;
      throw new KindlingError("tls.unusable", message, { path }, error);
    });
  }
}

function refuseFolder(error: unknown): never {
  const message = `cannot make the folder (${systemErrorCode(error)}): use another --folder`;
  throw new KindlingError("tls.unusable", message, {}, error);
}
