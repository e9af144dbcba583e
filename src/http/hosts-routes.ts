import type { FastifyPluginAsync } from "fastify";
import {
  everyRegistry,
  hostsPath,
  renderHostsToml,
  usualRegistries,
} from "../assets/oci/hosts-toml.ts";
import { isRegistry } from "../assets/oci/reference.ts";
import { serverUrlOf } from "./asking.ts";
import type { ImageMirror } from "./mirror.ts";
import { sendNotFound, sendText } from "./reply.ts";
import { fileBelow, queryOf } from "./url.ts";

/** `/oci/hosts/<registry>/hosts.toml`: what tells containerd of this mirror, for Ignition to fetch. */
export function hostsRoutes({ store }: ImageMirror): FastifyPluginAsync {
  return async (app) => {
    app.all("/oci/hosts", async (_request, reply) => {
      const own = (await store.repositories()).map(({ registry }) => registry);
      const all = [...new Set([...usualRegistries, ...own])].sort();
      return sendText(reply, [...all, everyRegistry].map((one) => `${hostsPath(one)}\n`).join(""));
    });
    app.all("/oci/hosts/*", async (request, reply) => {
      const target = request.raw.url ?? "";
      const file = fileBelow("/oci/hosts/", target);
      const registry = /^([^/]+)\/hosts\.toml$/.exec(file ?? "")?.[1];
      if (registry === undefined || !(isRegistry(registry) || registry === everyRegistry)) {
        return sendNotFound(reply);
      }
      // By whichever port it was asked for: images are served on both.
      const mirror = serverUrlOf(request);
      if (mirror === undefined) return sendText(reply, "ask by the network\n", 400);
      const wanted = new URLSearchParams(queryOf(target)).get("fallback");
      const fallback = wanted === "upstream" ? "upstream" : "none";
      return sendText(reply, renderHostsToml({ registry, mirror, fallback }));
    });
  };
}
