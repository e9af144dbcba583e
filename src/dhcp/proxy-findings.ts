import type { Finding } from "../boot/finding.ts";
import { nextStage } from "../boot/next-stage.ts";
import type { AppliedQuirks } from "../boot/quirks.ts";
import { formatIpv4 } from "../wire/ipv4.ts";
import type { DhcpClient } from "./pxe.ts";
import type { BindingKey } from "./request.ts";
import type { DhcpSite } from "./settings.ts";

/** What names the finding of a machine that passes over our proxy offers. */
export function proxyIgnored(key: BindingKey): Pick<Finding, "code" | "subject"> {
  return { code: "dhcp.proxy-ignored", subject: key };
}

/** A machine was offered its boot file in every form there is and shows no sign of having heard. */
export function describeIgnored(client: DhcpClient, key: BindingKey, site: DhcpSite): Finding {
  const { mac } = client.identity;
  return {
    ...proxyIgnored(key),
    code: "dhcp.proxy-ignored",
    severity: "warning",
    sentence: `${key} was offered its boot file four times and neither asked for an address nor for the file`,
    cure: [
      "see that the address server answers it",
      `if it does, this firmware passes over proxy offers: ${routerLines(client, site)}`,
      "or set dhcp.mode to full with a reservation for it",
    ].join("; "),
    ...(mac && { mac }),
  };
}

// The values that a router's DHCP server needs to say what our offer said.
function routerLines(client: DhcpClient, site: DhcpSite): string {
  const next = nextStage(client, site);
  const server = formatIpv4(site.server);
  if (next.kind === "http-loader") {
    return `set option 60 to HTTPClient and option 67 to ${next.url} on the address server`;
  }
  const file = next.kind === "tftp-loader" ? ` and option 67 to ${next.file}` : "";
  return `set next-server and option 66 to ${server}${file} on the address server`;
}

/** A machine's firmware is served otherwise than others. */
export function describeQuirks(
  client: DhcpClient,
  key: BindingKey,
  quirks: AppliedQuirks,
): Finding {
  const { mac } = client.identity;
  return {
    code: "firmware.quirk",
    severity: "info",
    subject: key,
    sentence: `${quirks.names.join(", ")}: ${quirks.sentences.join("; ")}`,
    cure: "nothing to do: the answers fit; dhcp.quirks can forbid an effect for this machine",
    ...(mac && { mac }),
  };
}
