import { z } from "zod";
import { ConfigSchema } from "./schema.ts";
import type { LeafMeta } from "./values.ts";

/** One setting as help, docs and the loader see it. */
export type Leaf = LeafMeta & {
  /** Where it stands in the file: `dhcp.bootLease`. */
  readonly path: string;
  /** `--dhcp-boot-lease`. */
  readonly flag: string;
  /** `KINDLING_DHCP_BOOT_LEASE`. */
  readonly variable: string;
  /** The default as one would write it; absent when there is none. */
  readonly preset?: unknown;
};

/** Every setting in the order of the schema. */
export const leaves: readonly Leaf[] = collect(ConfigSchema, []);

function collect(schema: z.ZodType, path: readonly string[]): Leaf[] {
  const object = bare(schema);
  const meta = schema.meta();
  if (meta === undefined && object instanceof z.ZodObject) {
    return Object.entries(object.shape).flatMap(([key, inner]) => collect(inner, [...path, key]));
  }
  // The schema file builds every leaf with these four members.
  const leafMeta = meta as unknown as LeafMeta;
  const kebab = path.join("-").replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const preset = presetOf(schema);
  return [
    {
      ...leafMeta,
      path: path.join("."),
      flag: `--${kebab === "interfaces" ? "interface" : kebab}`,
      variable: `KINDLING_${kebab.replaceAll("-", "_").toUpperCase()}`,
      ...(preset === undefined ? {} : { preset }),
    },
  ];
}

function bare(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault) {
    return schema.unwrap() as z.ZodType; // zod types the inner schema by its core interface only
  }
  return schema;
}

function presetOf(schema: z.ZodType): unknown {
  const wrapped = schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault;
  return wrapped ? schema.def.defaultValue : undefined;
}
