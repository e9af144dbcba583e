import { WireError } from "../errors.ts";

/** An Ethernet address as lower-case colon text, `52:54:00:77:00:10`. Right because it exists. */
export type MacAddress = string & { readonly __brand: "MacAddress" };

const Grammars = [
  /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/,
  /^[0-9a-f]{2}(-[0-9a-f]{2}){5}$/,
  /^[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}$/,
  /^[0-9a-f]{12}$/,
];

/** Accepts `aa:bb:…`, `aa-bb-…`, `aabb.ccdd.eeff` and bare hex, any case; throws `WireError` otherwise. */
export function parseMac(text: string): MacAddress {
  const lower = text.toLowerCase();
  if (!Grammars.some((grammar) => grammar.test(lower))) {
    throw new WireError(
      "wire.invalid",
      `want a MAC address like 52:54:00:12:34:56, got "${text}"`,
      {
        field: "mac",
        got: text,
      },
    );
  }
  return joinPairs(lower.replace(/[:.-]/g, ""));
}

/** Six octets → address; throws `WireError` for any other length. */
export function macFromBytes(octets: Uint8Array): MacAddress {
  if (octets.length !== 6) {
    throw new WireError("wire.invalid", `a MAC address has 6 octets, got ${octets.length}`, {
      field: "mac",
      want: 6,
      got: octets.length,
    });
  }
  return joinPairs(Buffer.from(octets).toString("hex"));
}

export function macToBytes(mac: MacAddress): Uint8Array {
  return Buffer.from(mac.replaceAll(":", ""), "hex");
}

/** `52-54-00-77-00-10`, the form iPXE's `:hexhyp` and PXELINUX file names use. */
export function formatMacHyphen(mac: MacAddress): string {
  return mac.replaceAll(":", "-");
}

function joinPairs(hex: string): MacAddress {
  const pairs = hex.match(/../g) ?? [];
  return pairs.join(":") as MacAddress; // proven by the callers: exactly twelve hex digits
}
