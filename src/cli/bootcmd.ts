import { Command, CommanderError } from "commander";
import { ErrorTable, KindlingError } from "../errors.ts";
import type { CatalogClient } from "../rpc/client.ts";
import { formatJson } from "../store/format.ts";
import { formatTabbed } from "./columns.ts";
import type { CliContext } from "./context.ts";
import { addRpcFlags, Nouns, type RpcFlags, withClient } from "./rpc.ts";

/** bootcmd's own exit codes. */
const Exit = { failed: 1, badEndpoint: 2, badTls: 128, usage: 255 } as const;

/** Its flags that take a value: the word behind one is no command. */
const valued = ["--endpoints", "--ca-file", "--cert-file", "--key-file", "-f", "--filename"];

/** Its commands and their actions. */
const Words: Readonly<Record<string, readonly string[]>> = {
  group: ["list", "describe", "create"],
  profile: ["list", "describe", "create"],
  ignition: ["create"],
  generic: ["create"],
  instance: ["list"],
  version: [],
  help: [],
};

/**
 * `kindling bootcmd …`: the command line of matchbox's example client, for scripts that call it.
 * Where the original printed a header and 0 for a call that failed, this tells the error and exits
 * with 1.
 */
export async function runBootcmd(argv: readonly string[], context: CliContext): Promise<number> {
  const program = buildProgram(context);
  try {
    await program.parseAsync([...expandWords(argv)], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : Exit.usage;
    if (!(error instanceof KindlingError)) throw error;
    context.error.write(`Error:  ${error.message}\n`);
    return exitOf(error);
  }
}

/** Unique beginnings of commands in full: `gro li` → `group list`. */
export function expandWords(argv: readonly string[]): readonly string[] {
  let known: readonly string[] = Object.keys(Words);
  return argv.map((word, at) => {
    if (word.startsWith("-") || valued.includes(argv[at - 1] ?? "")) return word;
    const found = known.filter((one) => one.startsWith(word));
    const full = known.find((one) => one === word) ?? (found.length === 1 ? found[0] : undefined);
    known = (full === undefined ? undefined : Words[full]) ?? [];
    return full ?? word;
  });
}

function exitOf(error: KindlingError): number {
  if (error.code === "tls.unusable") return Exit.badTls;
  if (error.code === "usage.invalid" && error.message.startsWith("--endpoints")) {
    return Exit.badEndpoint;
  }
  return ErrorTable[error.code].exit === 2 ? Exit.usage : Exit.failed;
}

function buildProgram({ version, out, error }: CliContext): Command {
  const program = new Command("bootcmd")
    .description("matchbox's example client")
    .exitOverride()
    .configureOutput({ writeOut: out.write, writeErr: error.write });
  addRpcFlags(program, "/etc/matchbox");
  const run = async (task: (client: CatalogClient) => Promise<string>): Promise<void> => {
    out.write(await withClient(program.opts<RpcFlags>(), task));
  };
  const nouns = new Map(
    ["group", "profile", "ignition", "generic"].map((name) => [name, program.command(name)]),
  );
  const actions = { list: listRows, describe: describeRow } as const;
  for (const name of ["group", "profile"] as const) {
    const noun = nouns.get(name);
    noun?.command("list").action(() => run((client) => actions.list[name](client)));
    noun?.command("describe <id>").action((id: string) => {
      return run((client) => actions.describe[name](client, id));
    });
  }
  for (const [name, noun] of nouns) {
    const create = noun.command("create").requiredOption("-f, --filename <file>", "what to send");
    create.action(({ filename }: { filename: string }) =>
      run(async (client) => {
        await Nouns[name as keyof typeof Nouns].put(client, filename); // the four names above
        return "";
      }),
    );
  }
  const instance = program.command("instance");
  instance.command("list").action(() => out.write("not implemented\n"));
  program.command("version").action(() => out.write(`${version}\n`));
  return program;
}

const groupHead = ["ID", "GROUP NAME", "SELECTORS", "PROFILE"];
const profileHead = ["ID", "PROFILE NAME", "IGNITION", "CLOUD"];

const listRows = {
  async group({ groups }: CatalogClient) {
    const rows = (await groups.list()).map((group) => {
      return [group.id, group.name, goMap(group.selector), group.profile];
    });
    return formatTabbed([groupHead, ...rows]);
  },
  async profile({ profiles }: CatalogClient) {
    const rows = (await profiles.list()).map((profile) => {
      return [profile.id, profile.name, profile.ignitionId, profile.cloudId];
    });
    return formatTabbed([profileHead, ...rows]);
  },
};

const describeRow = {
  async group({ groups }: CatalogClient, id: string) {
    const { name, selector, profile, metadata, ...group } = await groups.show(id);
    const text = Object.keys(metadata).length === 0 ? "" : formatJson(metadata);
    const row = [group.id, name, goMap(selector), profile, text];
    return formatTabbed([[...groupHead, "METADATA"], row]);
  },
  async profile({ profiles }: CatalogClient, id: string) {
    const { name, ignitionId, cloudId, boot, ...profile } = await profiles.show(id);
    const lists = [boot?.initrd ?? [], boot?.args ?? []].map((list) => `[${list.join(" ")}]`);
    const row = [profile.id, name, ignitionId, cloudId, boot?.kernel ?? "", ...lists];
    return formatTabbed([[...profileHead, "KERNEL", "INITRD", "ARGS"], row]);
  },
};

/** A map as Go prints it with %#v, keys in order. */
function goMap(map: Readonly<Record<string, string>>): string {
  const pairs = Object.keys(map).sort();
  const text = pairs.map((key) => `${JSON.stringify(key)}:${JSON.stringify(map[key])}`).join(", ");
  return `map[string]string{${text}}`;
}
