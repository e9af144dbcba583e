import { KindlingError, WireError } from "../../errors.ts";
import { parseIpv4 } from "../../wire/ipv4.ts";
import { parseMac } from "../../wire/mac.ts";
import { type NodeRole, NodeRoles } from "../cluster.ts";
import { type CsvRow, parseCsv } from "./csv.ts";
import type { ClusterDraft, DraftMachine } from "./draft.ts";

/** What a column can hold. */
export const CsvFields = ["mac", "name", "address", "role", "disk", "bmc"] as const;
export type CsvField = (typeof CsvFields)[number];

/** Which column holds what: its heading or its number from 1; what is not said is found out. */
export type CsvColumns = Partial<Readonly<Record<CsvField, string>>>;

/** Headings that are known, without blanks and marks, in lower case. */
const Headings: Readonly<Record<CsvField, readonly string[]>> = {
  mac: ["mac", "macaddress", "hwaddress", "hardwareaddress", "ethernet", "macaddr"],
  name: ["name", "host", "hostname", "fqdn", "node", "machine", "dnsname", "domain"],
  address: ["address", "ip", "ipaddress", "ipv4", "ipv4address", "staticip"],
  role: ["role", "type", "kind"],
  disk: ["disk", "installdisk", "diskrule"],
  bmc: ["bmc", "bmcaddress", "ipmi", "ipmiaddress", "ilo", "idrac"],
};
const RoleWords: Readonly<Record<string, NodeRole>> = {
  ...{ controller: "controller", master: "controller", "control-plane": "controller" },
  ...{ worker: "worker", node: "worker", infra: "infra" },
};

/** A list of machines as a draft; lines that hold none are told, and end the import. */
export function importMachines(
  text: string,
  { columns = {}, role = "worker" }: { readonly columns?: CsvColumns; readonly role?: NodeRole },
): ClusterDraft {
  const rows = parseCsv(text);
  const [first] = rows;
  if (first === undefined) throw bad("want a line for each machine, got none");
  const header = first.cells.some(isMac) ? undefined : first.cells;
  const body = header === undefined ? rows : rows.slice(1);
  const at = placesOf(columns, header, body);
  const problems: string[] = [];
  const machines = body.flatMap((row) => {
    try {
      return [machineOf(row, at, role)];
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      problems.push(`line ${row.line}: ${error.message}`);
      return [];
    }
  });
  if (problems.length > 0) throw bad(problems.join("\n"));
  const ignored = (header ?? []).filter((_, column) => ![...at.values()].includes(column));
  return {
    source: "a list of machines",
    machines,
    settings: [
      { key: "name", value: "demo" },
      { key: "domain", value: "example.lan" },
      { key: "operatingSystem", value: { name: "flatcar", version: "current" } },
    ],
    dropped: ignored.map((what) => ({
      what: `column ${what}`,
      why: "it holds nothing of a cluster",
    })),
  };
}

type Places = ReadonlyMap<CsvField, number>;

function placesOf(
  columns: CsvColumns,
  header: readonly string[] | undefined,
  body: readonly CsvRow[],
): Places {
  const places = new Map<CsvField, number>();
  for (const field of CsvFields) {
    const wish = columns[field];
    const found = wish === undefined ? findColumn(field, header) : namedColumn(wish, header);
    if (wish !== undefined && found === undefined) {
      const known = header === undefined ? "numbers alone: it has no header" : header.join(", ");
      throw bad(`want for ${field} a column of the list, got "${wish}": it has ${known}`);
    }
    if (found !== undefined) places.set(field, found);
  }
  return header === undefined ? guessColumns(places, body) : needMac(places);
}

function namedColumn(wish: string, header: readonly string[] | undefined): number | undefined {
  const named = header?.findIndex((heading) => plain(heading) === plain(wish)) ?? -1;
  if (named >= 0) return named;
  return /^[1-9]\d{0,2}$/.test(wish) ? Number(wish) - 1 : undefined;
}

function findColumn(field: CsvField, header: readonly string[] | undefined): number | undefined {
  const found = header?.findIndex((heading) => Headings[field].includes(plain(heading))) ?? -1;
  return found < 0 ? undefined : found;
}

// Without a header the first machine shows which column holds what.
function guessColumns(places: Map<CsvField, number>, body: readonly CsvRow[]): Places {
  const cells = body[0]?.cells ?? [];
  const looks = {
    mac: isMac,
    address: isAddress,
    role: (cell: string) => cell.toLowerCase() in RoleWords,
    name: (cell: string) => /^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(cell),
  } as const satisfies Partial<Record<CsvField, (cell: string) => boolean>>;
  for (const field of ["mac", "address", "role", "name"] as const) {
    if (places.has(field)) continue;
    const free = cells.findIndex((cell, column) => {
      return looks[field](cell) && ![...places.values()].includes(column);
    });
    if (free >= 0) places.set(field, free);
  }
  return needMac(places);
}

function needMac(places: Places): Places {
  if (places.has("mac")) return places;
  throw bad("want a column of MAC addresses, got none: name it with --column mac=…");
}

function machineOf({ cells }: CsvRow, at: Places, usual: NodeRole): DraftMachine {
  const cell = (field: CsvField) => cells[at.get(field) ?? -1] ?? "";
  const [name = ""] = cell("name").toLowerCase().split(".");
  if (name === "") throw wrong("a name", cell("name"));
  const word = cell("role").toLowerCase();
  const role = word === "" ? usual : RoleWords[word];
  if (role === undefined) throw wrong(`${NodeRoles.join(", ")} as role`, word);
  const [address, disk, bmc] = [cell("address"), cell("disk"), cell("bmc")];
  if (address !== "") parseIpv4(address);
  return {
    ...{ role, name, mac: parseMac(cell("mac")) },
    ...(address !== "" && { address }),
    ...(disk !== "" && { disk }),
    ...(bmc !== "" && { bmc }),
  };
}

function isMac(cell: string): boolean {
  return accepts(parseMac, cell);
}

function isAddress(cell: string): boolean {
  return accepts(parseIpv4, cell);
}

function accepts(parse: (text: string) => unknown, cell: string): boolean {
  try {
    parse(cell);
    return true;
  } catch (error) {
    if (error instanceof WireError) return false;
    throw error;
  }
}

function plain(heading: string): string {
  return heading.toLowerCase().replace(/[^a-z0-9]/g, "");
}

function wrong(want: string, got: string): WireError {
  return new WireError("wire.invalid", `want ${want}, got "${got}"`, { field: "csv", got });
}

function bad(message: string): KindlingError {
  return new KindlingError("config.invalid", message);
}
