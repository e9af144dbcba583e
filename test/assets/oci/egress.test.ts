import { describe, expect, it } from "vitest";
import { egressTargets, egressWords, isReached } from "../../../src/assets/oci/egress.ts";

describe("egressTargets", () => {
  it.each([
    [
      "quay.io",
      undefined,
      ["quay.io", "cdn.quay.io", "cdn01.quay.io", "cdn02.quay.io", "cdn03.quay.io"],
    ],
    [
      "docker.io",
      undefined,
      ["registry-1.docker.io", "auth.docker.io", "production.cloudflare.docker.com"],
    ],
    ["registry.k8s.io", undefined, ["registry.k8s.io"]],
    ["registry.lan:5000", undefined, ["registry.lan:5000"]],
    ["quay.io", "http://proxy.lan:5000", ["proxy.lan:5000"]],
  ])("of %s at %s", (registry, url, want) => {
    expect(egressTargets(registry, url).map((one) => new URL(one.url).host)).toEqual(want);
  });
});

const registry = { registry: "quay.io", url: "https://quay.io/v2/", purpose: "registry" } as const;
const layers = { registry: "quay.io", url: "https://cdn.quay.io", purpose: "layers" } as const;

it.each([
  [registry, { kind: "answers", status: 401, ms: 12 }, true, /^answers \(401, 12 ms\)$/],
  [registry, { kind: "answers", status: 200, ms: 12 }, true, /^answers/],
  [registry, { kind: "answers", status: 403, ms: 12 }, false, /proxy or a log-in page/],
  [layers, { kind: "answers", status: 403, ms: 12 }, true, /^answers/],
  [registry, { kind: "no-name", why: "ENOTFOUND" }, false, /looked up \(ENOTFOUND\)/],
  [
    registry,
    { kind: "no-connection", address: "1.2.3.4, port 443", why: "silent" },
    false,
    /firewall/,
  ],
  [registry, { kind: "no-tls", why: "DEPTH_ZERO_SELF_SIGNED_CERT" }, false, /opens TLS/],
  [registry, { kind: "no-answer", why: "ECONNRESET" }, false, /did not answer/],
] as const)("%j with %j: %s", (target, result, reached, words) => {
  expect(isReached(target, result)).toBe(reached);
  expect(egressWords(target, result)).toMatch(words);
});
