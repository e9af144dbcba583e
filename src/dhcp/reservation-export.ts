import { assertNever } from "../errors.ts";
import { formatIpv4, type Ipv4Address } from "../wire/ipv4.ts";
import type { MacAddress } from "../wire/mac.ts";
import type { Uuid } from "../wire/uuid.ts";

/** What reservations can be written as. */
export const exportFormats = ["dnsmasq", "isc", "kea", "json", "csv"] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** A reservation as it leaves; `source` says where it is kept here. */
export type ExportRow = {
  readonly mac?: MacAddress;
  readonly uuid?: Uuid;
  /** Options 61, 82.1 and 82.2 in hexadecimal digits. */
  readonly clientId?: string;
  readonly circuitId?: string;
  readonly remoteId?: string;
  readonly address?: Ipv4Address;
  readonly hostname?: string;
  readonly source: "config" | "state";
};

type KnownRow = ExportRow & { readonly mac: MacAddress };

/** Reservations → another server's text; machines that it cannot know are named in a comment. */
export function formatExport(rows: readonly ExportRow[], format: ExportFormat): string {
  const known = rows.filter((row): row is KnownRow => row.mac !== undefined);
  const unknown = rows.filter(({ mac }) => mac === undefined);
  const notes = unknown.map((row) => `# left out, as no MAC address is known: ${csvRow(row)}`);
  switch (format) {
    case "dnsmasq":
      return lines([...notes, ...known.map(dnsmasqLine)]);
    case "isc":
      return lines([...notes, ...known.map(iscBlock)]);
    case "kea":
      return lines([...notes, keaObject(known)]);
    case "json":
      return lines([JSON.stringify({ reservations: rows.map(jsonRow) }, null, 2)]);
    case "csv":
      return lines([csvHead, ...rows.map(csvRow)]);
    default:
      return assertNever(format);
  }
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join("");
}

function addressOf({ address }: ExportRow): string | undefined {
  return address === undefined ? undefined : formatIpv4(address);
}

function dnsmasqLine(row: KnownRow): string {
  const words = [row.mac, addressOf(row), row.hostname].filter((word) => word !== undefined);
  return `dhcp-host=${words.join(",")}`;
}

// dhcpd wants a name for each block, its own for each.
function iscBlock(row: KnownRow): string {
  const name = row.hostname ?? `machine-${row.mac.replaceAll(":", "")}`;
  const address = addressOf(row);
  return [
    `host ${name} {`,
    `  hardware ethernet ${row.mac};`,
    ...(address === undefined ? [] : [`  fixed-address ${address};`]),
    ...(row.hostname === undefined ? [] : [`  option host-name "${row.hostname}";`]),
    "}",
  ].join("\n");
}

function keaObject(rows: readonly KnownRow[]): string {
  const reservations = rows.map((row) => {
    const address = addressOf(row);
    return {
      "hw-address": row.mac,
      ...(address !== undefined && { "ip-address": address }),
      ...(row.hostname !== undefined && { hostname: row.hostname }),
    };
  });
  // Kea looks at reservations of the whole server only when it is told to.
  return JSON.stringify({ Dhcp4: { "reservations-global": true, reservations } }, null, 2);
}

function jsonRow(row: ExportRow): Record<string, unknown> {
  return { ...row, ...(row.address !== undefined && { address: addressOf(row) }) };
}

const csvHead = "mac,uuid,clientId,circuitId,remoteId,address,hostname,source";

function csvRow(row: ExportRow): string {
  const { mac = "", uuid = "", clientId = "", circuitId = "", remoteId = "" } = row;
  const { hostname = "", source } = row;
  const who = [mac, uuid, clientId, circuitId, remoteId];
  return [...who, addressOf(row) ?? "", hostname, source].join(",");
}
