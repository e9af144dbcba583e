import type { z } from "zod";
import type { LeafMeta } from "./values.ts";

/** A setting: its schema with a default, and what help and errors say of it. */
export function leaf<S extends z.ZodType>(
  schema: S,
  meta: Partial<LeafMeta> & { help: string },
): S {
  return schema.meta({ want: "text", kind: "text", live: true, ...meta });
}

/** What settings of one kind have in common. */
export const restart = { live: false } as const;
export const number = { kind: "number", want: "a whole number" } as const;
export const time = { kind: "text", want: "a time such as 30s, 5m, 12h or 2d" } as const;
export const flag = { kind: "boolean", want: "true or false" } as const;
