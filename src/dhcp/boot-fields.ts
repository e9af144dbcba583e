import { type NextStage, nextStage } from "../boot/next-stage.ts";
import { formatIpv4, type Ipv4Address } from "../wire/ipv4.ts";
import type { BootForm } from "./boot-form.ts";
import { formatMenu } from "./boot-menu.ts";
import { OptionCode } from "./options.ts";
import type { DhcpClient } from "./pxe.ts";
import type { DhcpSite } from "./settings.ts";
import { DiscoveryControl, formatDiscovery } from "./vendor-options.ts";

/** Option number and value, in the order they are to be sent. */
export type OptionEntry = readonly [code: number, value: Uint8Array];

/** The part of a reply that says where to boot from. */
export type BootFields = {
  readonly kind: "boot";
  readonly siaddr: Ipv4Address;
  readonly sname: string;
  /**
   * The name or URL for `file` and option 67; empty where the client learns it elsewhere.
   */
  readonly file: string;
  readonly options: readonly OptionEntry[];
};

/** Why there is nothing to boot from for this client. */
export type NoBootReason = Extract<NextStage, { kind: "none" }>["reason"];

const takeFileNamed = formatDiscovery({ control: DiscoveryControl.takeFileNamed });

// With the three spaces: the Pi 3's ROM compares all 20 letters, later ones the first 17.
const raspberryPiMenu = formatDiscovery({
  control: DiscoveryControl.noBroadcast | DiscoveryControl.noMulticast,
  menu: [{ type: 0, text: "Raspberry Pi Boot   " }],
  prompt: { seconds: 0, text: "PXE" },
});

/** The boot fields for this client, whose file is what `nextStage` says and nothing else. */
export function bootFields(
  client: DhcpClient,
  site: DhcpSite,
  form: BootForm,
): BootFields | { readonly kind: "none"; readonly reason: NoBootReason } {
  const server = formatIpv4(site.server);
  const fields = { kind: "boot", siaddr: site.server, sname: server } as const;
  const marks = [vendorClass("PXEClient"), ...echoedUuid(client)];
  const tftpServer: OptionEntry = [OptionCode.tftpServer, text0(server)];
  // No loader is asked for: the Pi fetches its own boot folder from the server that answered.
  if (form.kind === "raspberry-pi") {
    const options = [...marks, vendorSpecific(raspberryPiMenu), tftpServer];
    return { ...fields, file: "", options };
  }
  const next = nextStage(client, site);
  if (next.kind === "none") return next;
  if (form.kind === "ask-4011") return { ...fields, file: "", options: marks };
  if (form.kind === "menu") {
    const menu = vendorSpecific(formatMenu(form.menu, site.server));
    return { ...fields, file: "", options: [...marks, menu, tftpServer] };
  }
  const file = fileOf(next, client, server);
  const bootFile: OptionEntry = [OptionCode.bootFile, text0(file)];
  const place = next.kind === "tftp-loader" ? [tftpServer, bootFile] : [bootFile];
  if (next.kind === "http-loader") {
    const options = [vendorClass("HTTPClient"), ...echoedUuid(client), ...place];
    return { ...fields, file, options };
  }
  const told = form.kind === "unmarked" ? [] : [...marks, vendorSpecific(takeFileNamed)];
  return { ...fields, file, options: [...told, ...place] };
}

// An iPXE that is given a bare name beside a foreign server may ask that one for it.
function fileOf(
  next: Exclude<NextStage, { kind: "none" }>,
  { clientClass }: DhcpClient,
  server: string,
): string {
  if (next.kind !== "tftp-loader") return next.url;
  return clientClass === "ipxe" ? `tftp://${server}/${next.file}` : next.file;
}

function vendorClass(word: string): OptionEntry {
  return [OptionCode.vendorClass, Buffer.from(word)];
}

function vendorSpecific(value: Uint8Array): OptionEntry {
  return [OptionCode.vendorSpecific, value];
}

function echoedUuid({ uuidOption }: DhcpClient): readonly OptionEntry[] {
  return uuidOption === undefined ? [] : [[OptionCode.clientUuid, uuidOption]];
}

// Old ROMs read option text on to the next NUL, whatever its length byte says.
function text0(text: string): Uint8Array {
  return Buffer.from(`${text}\0`, "latin1");
}
