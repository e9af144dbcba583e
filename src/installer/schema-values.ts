import { z } from "zod";
import { formatReference, parseReference } from "../assets/oci/reference.ts";
import { parseIp } from "../wire/ip.ts";
import { parseIpv4 } from "../wire/ipv4.ts";
import { parseMac } from "../wire/mac.ts";
import { parseSubnet } from "../wire/subnet.ts";
import { parseUuid } from "../wire/uuid.ts";
import { parseDiskRule } from "./disk-rule.ts";

/** Text of a file by its path, as the description gives it; undefined: there is none. */
export type NamedFiles = (path: string) => string | undefined;

/** Text, also where YAML sees a number: `version: 41`. */
export const textValue = z.union([z.string(), z.number()]).transform(String);
/** The same for what may be of any length but not empty. */
export const wordValue = z.union([z.string().min(1), z.number()]).transform(String);

export const macValue = parsed(parseMac);
export const uuidValue = parsed(parseUuid);
export const ipv4Value = parsed(parseIpv4);
export const ipValue = parsed(parseIp);
export const subnetValue = parsed(parseSubnet);
export const diskValue = parsed(parseDiskRule);
/** The name of a container image, whole. */
export const imageValue = parsed((text) => formatReference(parseReference(text)));
export const portValue = z.int().min(1).max(65_535);

/** A domain name, in lower case; labels are judged by a validation, which can tell more. */
export const nameValue = wordValue.transform((text) => text.toLowerCase().replace(/\.$/, ""));

/** One value or a list of them. */
export function oneOrMore<T extends z.ZodType>(value: T) {
  return z.union([value.transform((one) => [one]), z.array(value).min(1)]);
}

/** Text as it stands, or `{ file: … }` for that of a file. */
export function textOrFile(files: NamedFiles) {
  const named = z.strictObject({ file: z.string().min(1) }).transform(({ file }, context) => {
    const text = files(file);
    if (text !== undefined) return text;
    const message = `cannot read the file ${file}: name one that is there, beside the description`;
    context.addIssue({ code: "custom", message, path: ["file"] });
    return z.NEVER;
  });
  return z.union([z.string().min(1), named]);
}

function parsed<T>(parse: (text: string) => T) {
  // Twelve digits may be a MAC address, and look like a number to YAML.
  return textValue.transform((text, context): T => {
    try {
      return parse(text);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    }
  });
}
