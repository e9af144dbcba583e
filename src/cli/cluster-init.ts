import { readFile } from "node:fs/promises";
import { KindlingError } from "../errors.ts";
import type { NodeRole } from "../installer/cluster.ts";
import { formatDraft } from "../installer/import/draft.ts";
import { type CsvColumns, CsvFields, importMachines } from "../installer/import/machines-csv.ts";
import { importTfvars } from "../installer/import/tfvars.ts";
import { systemErrorCode } from "../runtime/system-error.ts";
import { addToIpv4, formatIpv4, parseIpv4 } from "../wire/ipv4.ts";
import type { CliContext } from "./context.ts";

export type InitFlags = {
  readonly fromTfvars?: string;
  readonly fromCsv?: string;
  readonly column: readonly string[];
  readonly role: NodeRole;
  readonly firstAddress?: string;
};

/** `kindling cluster init`: prints a description, an example or what an import comes to. */
export async function runInit(flags: InitFlags, { out }: CliContext): Promise<number> {
  const { fromTfvars, fromCsv, role } = flags;
  if (fromTfvars !== undefined && fromCsv !== undefined) {
    throw new KindlingError("usage.invalid", "want --from-tfvars or --from-csv, got both");
  }
  const addressOf = addresses(flags.firstAddress);
  if (fromTfvars !== undefined) {
    out.write(formatDraft(importTfvars(await readText(fromTfvars), addressOf)));
  } else if (fromCsv !== undefined) {
    const columns = columnsOf(flags.column);
    const draft = importMachines(await readText(fromCsv), { columns, role });
    const machines = draft.machines.map((machine) => {
      const address = machine.address ?? addressOf();
      return { ...machine, ...(address !== undefined && { address }) };
    });
    out.write(formatDraft({ ...draft, machines }));
  } else out.write(example);
  return 0;
}

function addresses(first: string | undefined): () => string | undefined {
  if (first === undefined) return () => undefined;
  let next = parseIpv4(first);
  return () => {
    const given = formatIpv4(next);
    next = addToIpv4(next, 1);
    return given;
  };
}

function columnsOf(words: readonly string[]): CsvColumns {
  const pairs = words.map((word) => {
    const [, name, column = ""] = /^([a-z]+)=(.+)$/.exec(word) ?? [];
    const field = CsvFields.find((one) => one === name);
    if (field !== undefined) return [field, column] as const;
    const message = `--column: want one of ${CsvFields.join(", ")} and =, got "${word}"`;
    throw new KindlingError("usage.invalid", message);
  });
  return Object.fromEntries(pairs);
}

async function readText(file: string): Promise<string> {
  return await readFile(file, "utf8").catch((error: unknown) => {
    const message = `cannot read ${file} (${systemErrorCode(error)}): name a file that can be read`;
    throw new KindlingError("config.unreadable", message, { file }, error);
  });
}

const example = `# A cluster. Look it over, then: kindling cluster validate cluster.yaml
name: demo
domain: example.lan
# The API's name is demo-k8s.example.lan, the console's demo.example.lan; apiName and consoleName set others.

operatingSystem: { name: flatcar, version: 4230.2.0, arch: x86_64 }
# Leave this out to bring up etcd alone; then say where it is in the image: etcd: { program: /usr/bin/etcd }
kubernetes: { version: v1.36.1 }

# One controller, or three that outlive the loss of one.
controllers:
  - { name: c1, mac: 52:54:00:77:01:01, address: 10.77.0.11, disk: smallest }

workers:
  - { name: w1, mac: 52:54:00:77:02:01, address: 10.77.0.21, disk: smallest }
  - { name: w2, mac: 52:54:00:77:02:02, address: 10.77.0.22, disk: "first:20" }

# Lines of .pub files.
sshKeys: []
# What docker login writes, for registries that want a log-in.
# pullSecret: { file: config.json }
# To sign with an authority of your own:
# authority: { certificate: { file: ca.crt }, key: { file: ca.key } }
`;
