import { z } from "zod";
import {
  domainValue,
  durationValue,
  ipv4Value,
  labelValue,
  macValue,
  rangeValue,
  subnetValue,
  uuidValue,
} from "./values.ts";

/** Rows that a list may have; more is a mistake of a program that writes the file. */
const maxRows = 65_536;

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const value = z.union([scalar, z.array(scalar).min(1).max(64)]);

/** Options by name, number, 43.N or 125.ENTERPRISE.N. */
export const optionsRow = z.record(z.string(), z.union([value, z.strictObject({ always: value })]));

/** Bytes that a client or a relay sends: hexadecimal pairs with colons or after `hex:`, else text. */
const bytesValue = z
  .string()
  .min(1)
  .max(512)
  .transform((text): string => {
    const pairs = /^(?:hex:)?((?:[0-9a-f]{2}:?)+)$/i.exec(text)?.[1];
    const isHex = pairs !== undefined && (text.startsWith("hex:") || /^(..:)+..$/.test(text));
    if (isHex) return pairs.replaceAll(":", "").toLowerCase();
    return Buffer.from(text).toString("hex");
  });

const names = z.preprocess(
  (given) => (typeof given === "string" ? [given] : given),
  z.array(z.string().min(1)).min(1),
);

const pool = z.preprocess(
  (given) => (typeof given === "string" ? { range: given } : given),
  z.strictObject({ range: rangeValue, class: names.exactOptional() }),
);

const leaseTimes = z.strictObject({
  system: durationValue.exactOptional(),
  boot: durationValue.exactOptional(),
  reserved: durationValue.exactOptional(),
  random: durationValue.exactOptional(),
});

export const identityValue = z.enum(["mac", "client-id", "uuid"]);

const subnet = z.strictObject({
  subnet: subnetValue,
  pools: z.array(pool).max(maxRows).default([]),
  exclude: z.array(rangeValue).max(maxRows).default([]),
  router: ipv4Value.exactOptional(),
  dns: z.array(ipv4Value).exactOptional(),
  domain: domainValue.exactOptional(),
  options: optionsRow.exactOptional(),
  leaseTimes: leaseTimes.exactOptional(),
  interface: z.string().min(1).max(15).exactOptional(),
  relayOnly: z.boolean().default(false),
  sharedNetwork: z.string().min(1).exactOptional(),
  authoritative: z.boolean().exactOptional(),
  identity: identityValue.exactOptional(),
  rapidCommit: z.boolean().exactOptional(),
});

const clientClass = z.strictObject({
  name: z.string().min(1).max(64),
  firmware: z.array(z.enum(["bios", "efi", "u-boot", "other"])).exactOptional(),
  cpu: z
    .array(z.enum(["x86", "x86_64", "arm32", "arm64", "riscv32", "riscv64", "loong64", "other"]))
    .exactOptional(),
  stage: z.array(z.enum(["firmware", "ipxe", "operating-system"])).exactOptional(),
  known: z.boolean().exactOptional(),
  vendorClass: z.string().min(1).exactOptional(),
  userClass: z.string().min(1).toLowerCase().exactOptional(),
  circuitId: bytesValue.exactOptional(),
  remoteId: bytesValue.exactOptional(),
  options: optionsRow.exactOptional(),
  lease: durationValue.exactOptional(),
});

const reservation = z
  .strictObject({
    mac: macValue.exactOptional(),
    uuid: uuidValue.exactOptional(),
    clientId: bytesValue.exactOptional(),
    circuitId: bytesValue.exactOptional(),
    remoteId: bytesValue.exactOptional(),
    address: ipv4Value.exactOptional(),
    hostname: labelValue.exactOptional(),
    options: optionsRow.exactOptional(),
  })
  .refine(
    (row) => (row.mac ?? row.uuid ?? row.clientId ?? row.circuitId ?? row.remoteId) !== undefined,
    {
      message: "a reservation names a machine by mac, uuid, clientId, circuitId or remoteId",
    },
  );

export const subnetRows = z.array(subnet).max(1024);
export const classRows = z.array(clientClass).max(256);
export const reservationRows = z.array(reservation).max(maxRows);
