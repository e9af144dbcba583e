import { type NextStage, nextStage } from "../boot/next-stage.ts";
import { formatIpv4, type Ipv4Address } from "../wire/ipv4.ts";
import { OptionCode } from "./options.ts";
import type { DhcpClient } from "./pxe.ts";
import type { DhcpSite } from "./settings.ts";

/** Option number and value, in the order they are to be sent. */
export type OptionEntry = readonly [code: number, value: Uint8Array];

/** The part of a reply that says where to boot from. */
export type BootFields = {
  readonly kind: "boot";
  readonly siaddr: Ipv4Address;
  readonly sname: string;
  /** The name or URL for `file` and option 67; empty where the client is sent to port 4011 for it. */
  readonly file: string;
  readonly options: readonly OptionEntry[];
};

/** Why there is nothing to boot from for this client. */
export type NoBootReason = Extract<NextStage, { kind: "none" }>["reason"];

/**
 * How a client learns its boot file. `direct`: here, with PXE 2.1's discovery control "take the file
 * named". `ask-4011`: option 60 alone, after which UEFI asks the boot server on 4011; there are ROMs
 * that accept only this one.
 */
export type BootForm = "direct" | "ask-4011";

// PXE 2.1 §2.4: sub-option 6 PXE_DISCOVERY_CONTROL = 8, no discovery and no prompt; 255 ends.
const takeFileNamed = Buffer.of(6, 1, 8, 255);

/** The boot fields for this client, whose file is what `nextStage` says and nothing else. */
export function bootFields(
  client: DhcpClient,
  site: DhcpSite,
  form: BootForm,
): BootFields | { readonly kind: "none"; readonly reason: NoBootReason } {
  const next = nextStage(client.stage, client.arch, site);
  if (next.kind === "none") return next;
  const file = next.kind === "tftp-loader" ? next.file : next.url;
  const byHttp = next.kind === "http-loader";
  const server = formatIpv4(site.server);
  const options: OptionEntry[] = [
    [OptionCode.vendorClass, Buffer.from(byHttp ? "HTTPClient" : "PXEClient")],
  ];
  if (client.uuidOption) options.push([OptionCode.clientUuid, client.uuidOption]);
  const fields = { kind: "boot", siaddr: site.server, sname: server } as const;
  if (form === "ask-4011") return { ...fields, file: "", options };
  if (!byHttp) options.push([OptionCode.vendorSpecific, takeFileNamed]);
  if (next.kind === "tftp-loader") options.push([OptionCode.tftpServer, text0(server)]);
  options.push([OptionCode.bootFile, text0(file)]);
  return { ...fields, file, options };
}

// Old ROMs read option text on to the next NUL, whatever its length byte says.
function text0(text: string): Uint8Array {
  return Buffer.from(`${text}\0`, "latin1");
}
