import { describe, expect, it } from "vitest";
import { formatSecretsFile, parseSecretsFile } from "../../src/installer/secrets-file.ts";
import { ClusterNames, clusterOf, fakeSecrets } from "../support/cluster.ts";

describe("parseSecretsFile", () => {
  it.each(ClusterNames)("reads back what was written of %s", (name) => {
    const secrets = fakeSecrets(clusterOf(name));
    expect(parseSecretsFile(formatSecretsFile(secrets))).toEqual(secrets);
  });

  const whole = JSON.parse(formatSecretsFile(fakeSecrets(clusterOf("smallest"))));
  it.each([
    { name: "no JSON", text: "hunter2", want: /^want JSON$/ },
    { name: "a list", text: "[]", want: /^want an object for the file$/ },
    { name: "another version", text: JSON.stringify({ ...whole, version: 2 }), want: /version 1/ },
    {
      name: "a certificate without a key",
      text: JSON.stringify({ ...whole, certificates: { a: { cert: "x" } } }),
      want: /^want text for certificates\.a\.key$/,
    },
    { name: "no tokens", text: JSON.stringify({ ...whole, joinTokens: 1 }), want: /joinTokens$/ },
  ])("refuses $name, and quotes none of it", ({ text, want }) => {
    expect(() => parseSecretsFile(text)).toThrow(want);
  });
});
