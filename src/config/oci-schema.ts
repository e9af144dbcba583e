import { z } from "zod";
import { leaf, number, restart, time } from "./leaf.ts";
import { durationValue, sizeValue } from "./values.ts";

const upstream = z.strictObject({
  registry: z
    .string()
    .max(255)
    .regex(/^[A-Za-z0-9][A-Za-z0-9.-]*(:\d{1,5})?$/)
    .transform((text) => text.toLowerCase()),
  url: z
    .url({ protocol: /^https?$/ })
    .transform((text) => text.replace(/\/+$/, ""))
    .exactOptional(),
});

const size = { want: "a size such as 512M or 2G", ...restart } as const;

/** The `oci` settings. */
export const ociSettings = z
  .strictObject({
    folder: leaf(z.string().default(""), {
      help: "Container images under /v2/; empty takes oci/ inside data.folder.",
      want: "a folder's path",
      ...restart,
    }),
    port: leaf(z.int().min(0).max(65_535).default(0), {
      help: "A TCP port for images alone, by convention 5000; 0 serves them on http.port only.",
      kind: "number",
      want: "a port, or 0",
      ...restart,
    }),
    blobMax: leaf(sizeValue.prefault("16G"), {
      help: "Largest layer that is taken.",
      ...size,
    }),
    keepFree: leaf(sizeValue.prefault("2G"), {
      help: "Room on the disk that images leave free.",
      ...size,
    }),
    upstreams: leaf(z.array(upstream).max(64).default([]), {
      help: "Registries that are asked for what is missing: registry, and url where it is not at its own name.",
      want: "a list of { registry, url }",
      kind: "structure",
      ...restart,
    }),
    refresh: leaf(durationValue.prefault("1h"), {
      help: "How long a tag of an upstream counts before it is asked for again.",
      ...time,
      ...restart,
    }),
    credentials: leaf(z.string().default(""), {
      help: "Docker's config.json with the log-ins of upstreams; empty asks them as anybody.",
      want: "a file's path",
      ...restart,
    }),
    fetchesMax: leaf(z.int().min(1).max(1_000).default(16), {
      help: "Most layers fetched from upstreams at once.",
      ...number,
      ...restart,
    }),
  })
  .prefault({});
