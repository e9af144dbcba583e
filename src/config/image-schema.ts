import { z } from "zod";
import { flag, leaf, restart, time } from "./leaf.ts";
import { durationValue, sizeValue } from "./values.ts";

const followed = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+~-]{0,127}$/),
  channel: z.string().min(1).exactOptional(),
  arch: z.enum(["x86_64", "arm64"]).default("x86_64"),
});

/** `images`: operating systems that are fetched, checked and kept. */
export const imageSettings = z
  .strictObject({
    folder: leaf(z.string().default(""), {
      help: "Where images are worked on, with keys, recipes and pins; empty takes images/ inside data.folder. On the file system of assets.folder.",
      want: "a folder's path",
      ...restart,
    }),
    caFile: leaf(z.string().default(""), {
      help: "Further authorities whose mirrors are believed, such as that of one in the LAN.",
      want: "a PEM file's path",
      ...restart,
    }),
    proxy: leaf(z.string().default(""), {
      help: "Proxy for upstreams; empty takes HTTPS_PROXY and HTTP_PROXY of the environment.",
      want: "a URL such as http://proxy.example:3128",
      ...restart,
    }),
    noProxy: leaf(z.array(z.string().min(1)).default([]), {
      help: "Hosts that are asked without the proxy, besides NO_PROXY of the environment.",
      want: "a list of hosts, or domains that begin with a dot",
      kind: "list",
      ...restart,
    }),
    silence: leaf(durationValue.prefault("30s"), {
      help: "An upstream that sends nothing for so long is left for the next try or mirror.",
      ...time,
      ...restart,
    }),
    fileMax: leaf(sizeValue.prefault("16G"), {
      help: "The most that one file of an image may have, and an archive unpacked.",
      want: "a size such as 16G",
      ...restart,
    }),
    keep: leaf(z.int().min(0).max(1000).default(2), {
      help: "How many versions of an image kindling image gc keeps, besides pinned and used ones.",
      kind: "number",
      want: "a whole number up to 1000",
    }),
    follow: leaf(z.array(followed).default([]), {
      help: "Images whose channel is looked at for a newer version, which is then told; no machine moves by itself.",
      want: "a list of { name, channel, arch }",
      kind: "structure",
      ...restart,
    }),
    every: leaf(durationValue.prefault("6h"), {
      help: "How often images.follow is looked at.",
      ...time,
      ...restart,
    }),
    pull: leaf(z.boolean().default(false), {
      help: "Fetch the newer version of a followed image too; machines still wait for kindling image use.",
      ...flag,
      ...restart,
    }),
  })
  .prefault({});
