import { type DhcpOptions, OptionCode, readSubOptions } from "../src/dhcp/options.ts";
import { formatIpv4, readIpv4 } from "../src/wire/ipv4.ts";
import { ByteReader } from "../src/wire/reader.ts";
import { uuidFromBytes } from "../src/wire/uuid.ts";

/** Of no interest to a boot: lists of numbers, and times that follow from the lease. */
const Untold: readonly number[] = [
  OptionCode.messageType,
  OptionCode.parameterList,
  OptionCode.renewalTime,
  OptionCode.rebindingTime,
  OptionCode.broadcastAddress,
];

type Form = (value: Uint8Array) => string;

/** The options of a message in the order of the wire, as `number=value`. */
export function describeOptions(options: DhcpOptions): string {
  return [...options]
    .filter(([code]) => !Untold.includes(code))
    .map(([code, value]) => `${code}=${(Forms[code] ?? hex)(value)}`)
    .join(" ");
}

const hex: Form = (value) => Buffer.from(value).toString("hex");

const number: Form = (value) => String(Number(`0x${hex(value) || "0"}`));

// NULs are shown: which texts end in one is what old firmware looks at.
const text: Form = (value) => Buffer.from(value).toString("latin1").replaceAll("\0", "\\0");

const addresses: Form = (value) => {
  const reader = new ByteReader(value);
  const found: string[] = [];
  while (reader.left >= 4) found.push(formatIpv4(readIpv4(reader, "address")));
  return found.join(",");
};

const uuid: Form = (value) => (value.length === 17 ? uuidFromBytes(value.subarray(1)) : hex(value));

const subOptions: Form = (value) => {
  const found = [...readSubOptions(value)].map(([code, inner]) => `${code}=${hex(inner)}`);
  return `{${found.join(" ")}}`;
};

const Forms: Readonly<Record<number, Form>> = {
  [OptionCode.subnetMask]: addresses,
  [OptionCode.router]: addresses,
  [OptionCode.dnsServers]: addresses,
  [OptionCode.hostName]: text,
  [OptionCode.domainName]: text,
  [OptionCode.vendorSpecific]: subOptions,
  [OptionCode.requestedAddress]: addresses,
  [OptionCode.leaseTime]: number,
  [OptionCode.serverId]: addresses,
  [OptionCode.maxMessageSize]: number,
  [OptionCode.vendorClass]: text,
  [OptionCode.tftpServer]: text,
  [OptionCode.bootFile]: text,
  [OptionCode.userClass]: text,
  [OptionCode.clientArch]: number,
  [OptionCode.clientUuid]: uuid,
  [OptionCode.ipxe]: subOptions,
};
