import { WireError } from "../errors.ts";
import { type Ipv4Address, parseIpv4 } from "../wire/ipv4.ts";
import type { BootFields } from "./boot-fields.ts";
import { type OptionLayer, ruleOf } from "./option-layer.ts";
import { OptionCode } from "./options.ts";

/**
 * Firmware's boot fields with what an operator set for options 66 and 67 in place of Kindling's own,
 * in the header as well: firmware reads one or the other, and they must agree.
 */
export function overrideBoot(
  boot: BootFields | undefined,
  layers: readonly OptionLayer[],
): BootFields | undefined {
  if (boot === undefined) return undefined;
  const server = textOf(OptionCode.tftpServer, layers);
  const file = textOf(OptionCode.bootFile, layers);
  if (server === undefined && file === undefined) return boot;
  const changed = new Map(boot.options);
  if (server !== undefined) changed.set(OptionCode.tftpServer, text0(server));
  if (file !== undefined) changed.set(OptionCode.bootFile, text0(file));
  return {
    ...boot,
    siaddr: (server === undefined ? undefined : addressIn(server)) ?? boot.siaddr,
    sname: server ?? boot.sname,
    file: file ?? boot.file,
    options: [...changed],
  };
}

function textOf(code: number, layers: readonly OptionLayer[]): string | undefined {
  const rule = ruleOf(code, layers);
  return rule?.kind === "value" ? Buffer.from(rule.bytes).toString("latin1") : undefined;
}

// A name is for the firmware to resolve; the header has room for an address only.
function addressIn(text: string): Ipv4Address | undefined {
  try {
    return parseIpv4(text);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

function text0(text: string): Uint8Array {
  return Buffer.from(`${text}\0`, "latin1");
}
