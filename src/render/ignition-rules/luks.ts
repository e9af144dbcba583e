import {
  isTrueAt,
  numberAt,
  placeAt,
  type Reporter,
  type Struct,
  structAt,
  structsAt,
  textAt,
} from "../ignition-tree.ts";
import { pathTrouble } from "./path.ts";
import { checkResource } from "./resource.ts";
import { urlScheme } from "./url.ts";

/** LUKS2 has 48 bytes with the final NUL. */
const labelMax = 47;

/** Encrypted volumes and what unlocks them. */
export function checkLuks(storage: Struct, minor: number, reporter: Reporter): void {
  for (const volume of structsAt(storage, "luks")) {
    const clevis = structAt(volume, "clevis");
    checkVolume(volume, reporter);
    checkResource(structAt(volume, "keyFile"), minor, reporter);
    checkCustom(structAt(clevis, "custom"), reporter);
    for (const server of structsAt(clevis, "tang")) checkTang(server, reporter);
    const others = usesOthers(clevis);
    const custom = textAt(structAt(clevis, "custom"), "pin");
    if (custom && others) {
      reporter.error(clevis.place, "want custom alone, got tang, tpm2 or threshold besides");
    }
    checkCex(volume, Boolean(custom) || others, reporter);
  }
}

/** A network server that holds a part of the key. */
function checkTang(server: Struct, reporter: Reporter): void {
  const url = textAt(server, "url") ?? "";
  const scheme = urlScheme(url);
  if (scheme !== "http" && scheme !== "https") {
    reporter.error(placeAt(server, "url"), `want an http or https URL, got ${url || "none"}`);
  }
  if (!textAt(server, "thumbprint")) {
    reporter.error(placeAt(server, "thumbprint"), "want the thumbprint of a signing key, got none");
  }
  const advertisement = textAt(server, "advertisement");
  if (advertisement && !isJson(advertisement)) {
    reporter.error(placeAt(server, "advertisement"), "want JSON, got something else");
  }
}

function checkVolume(volume: Struct, reporter: Reporter): void {
  if (textAt(volume, "name")?.includes("/")) {
    reporter.error(placeAt(volume, "name"), "want a name without slashes");
  }
  const size = Buffer.byteLength(textAt(volume, "label") ?? "");
  if (size > labelMax) {
    reporter.error(placeAt(volume, "label"), `want at most ${labelMax} bytes, got ${size}`);
  }
  const trouble = pathTrouble(textAt(volume, "device"));
  if (trouble !== undefined) reporter.error(placeAt(volume, "device"), trouble);
}

function checkCustom(custom: Struct, reporter: Reporter): void {
  const pin = textAt(custom, "pin");
  const config = textAt(custom, "config");
  if (!pin && !config && !isTrueAt(custom, "needsNetwork")) return;
  if (!["tpm2", "tang", "sss"].includes(pin ?? "")) {
    reporter.error(placeAt(custom, "pin"), `want tpm2, tang or sss, got ${pin || "none"}`);
  }
  if (!config) reporter.error(placeAt(custom, "config"), "want the pin's JSON, got none");
}

// An IBM Crypto Express card holds the whole key.
function checkCex(volume: Struct, hasClevis: boolean, reporter: Reporter): void {
  const cex = structAt(volume, "cex");
  if (!isTrueAt(cex, "enabled")) return;
  if (hasClevis) reporter.error(cex.place, "want cex or clevis, got both");
  if (textAt(structAt(volume, "keyFile"), "source")) {
    reporter.error(cex.place, "want cex or a key file, got both");
  }
}

function usesOthers(clevis: Struct): boolean {
  return (
    structsAt(clevis, "tang").length > 0 ||
    isTrueAt(clevis, "tpm2") ||
    Boolean(numberAt(clevis, "threshold"))
  );
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
