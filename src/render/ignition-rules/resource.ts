import {
  type Place,
  placeAt,
  type Reporter,
  type Struct,
  structAt,
  structsAt,
  textAt,
} from "../ignition-tree.ts";
import { urlScheme, urlTrouble } from "./url.ts";

const HashDigits: Readonly<Record<string, number>> = { sha512: 128, sha256: 64 };

/** What is fetched from somewhere: its URL, headers, compression and hash. */
export function checkResource(resource: Struct, minor: number, reporter: Reporter): void {
  const at = (name: string) => placeAt(resource, name);
  const compression = textAt(resource, "compression") ?? "";
  if (compression !== "" && compression !== "gzip") {
    reporter.error(at("compression"), `want gzip or nothing, got ${compression}`);
  }
  const source = textAt(resource, "source");
  const trouble = source ? urlTrouble(source, minor) : undefined;
  if (trouble !== undefined) reporter.error(at("source"), trouble);
  checkHash(resource, { minor, reporter });
  checkHeaders(resource, reporter);
}

/** The same for what makes no sense without a source. */
function checkRequiredResource(resource: Struct, minor: number, reporter: Reporter): void {
  checkResource(resource, minor, reporter);
  if (!textAt(resource, "source")) {
    reporter.error(resource.place, "want source, inline or local, got none");
  }
}

/** The section `ignition`: other configurations, certificates and proxies. */
export function checkIgnitionSection(section: Struct, minor: number, reporter: Reporter): void {
  const config = structAt(section, "config");
  // 3.0 could not name an inline config and accepted a reference that names nothing.
  const checkReference = minor === 0 ? checkResource : checkRequiredResource;
  for (const one of structsAt(config, "merge")) checkReference(one, minor, reporter);
  checkResource(structAt(config, "replace"), minor, reporter);
  const tls = structAt(structAt(section, "security"), "tls");
  for (const one of structsAt(tls, "certificateAuthorities")) {
    checkRequiredResource(one, minor, reporter);
  }
  const proxy = structAt(section, "proxy");
  for (const name of ["httpProxy", "httpsProxy"]) {
    checkProxy(textAt(proxy, name), placeAt(proxy, name), { name, reporter });
  }
}

type ProxyContext = { readonly name: string; readonly reporter: Reporter };

function checkProxy(url: string | undefined, place: Place, { name, reporter }: ProxyContext): void {
  if (url === undefined) return;
  const scheme = urlScheme(url);
  if (scheme !== "http" && scheme !== "https") {
    reporter.error(place, `want an http or https URL, got ${url}`);
  } else if (scheme === "http" && name === "httpsProxy") {
    reporter.warn(place, "requests for https resources go to this proxy unencrypted");
  }
}

type HashContext = { readonly minor: number; readonly reporter: Reporter };

function checkHash(resource: Struct, { minor, reporter }: HashContext): void {
  const verification = structAt(resource, "verification");
  const hash = textAt(verification, "hash");
  if (hash === undefined) return;
  const place = placeAt(verification, "hash");
  if (textAt(resource, "source") === undefined) {
    reporter.error(place, "there is no source to verify: remove the hash or name a source");
  }
  const name = /^([^-]*)-/.exec(hash)?.[1];
  if (name === undefined) {
    reporter.error(place, "want sha512-<hex>, got no function name");
    return;
  }
  const digits = name === "sha256" && minor === 0 ? undefined : HashDigits[name];
  if (digits === undefined) reporter.error(place, `want sha512 or sha256, got ${name}`);
  else if (hash.length !== name.length + 1 + digits) {
    const got = hash.length - name.length - 1;
    reporter.error(place, `want ${digits} digits for ${name}, got ${got}`);
  }
}

function checkHeaders(resource: Struct, reporter: Reporter): void {
  const headers = structsAt(resource, "httpHeaders");
  for (const header of headers) {
    if (!textAt(header, "name")) {
      reporter.error(placeAt(header, "name"), "want the name of an HTTP header, got none");
    }
    if (textAt(header, "value") === "") {
      reporter.error(placeAt(header, "value"), "want a value, got an empty one");
    }
  }
  const scheme = urlScheme(textAt(resource, "source") ?? "");
  if (headers.length > 0 && scheme !== "http" && scheme !== "https") {
    reporter.error(placeAt(resource, "httpHeaders"), "want headers with an http or https source");
  }
}
