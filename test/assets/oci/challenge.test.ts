import { describe, expect, it } from "vitest";
import {
  parseChallenge,
  parseDockerConfig,
  parseToken,
  tokenUrl,
} from "../../../src/assets/oci/challenge.ts";
import { WireError } from "../../../src/errors.ts";

const json = (value: unknown) => Buffer.from(JSON.stringify(value));

it.each([
  [
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="x"',
    { kind: "bearer", realm: "https://auth.docker.io/token", service: "registry.docker.io" },
  ],
  ['bearer realm="https://quay.io/v2/auth"', { kind: "bearer", realm: "https://quay.io/v2/auth" }],
  ['Basic realm="registry"', { kind: "basic" }],
  ["Bearer", { kind: "other", scheme: "Bearer" }],
  ['Bearer realm="nonsense"', { kind: "other", scheme: "Bearer" }],
  ["Negotiate abc", { kind: "other", scheme: "Negotiate" }],
  ["", { kind: "other", scheme: "" }],
  [null, { kind: "other", scheme: "" }],
])("the challenge %s", (header, want) => {
  expect(parseChallenge(header)).toEqual(want);
});

it("asks for a token to read one repository", () => {
  const challenge = { kind: "bearer", realm: "https://a.example/t?x=1", service: "s p" } as const;
  const want = "https://a.example/t?x=1&service=s+p&scope=repository%3Aorg%2Fname%3Apull";
  expect(tokenUrl(challenge, "org/name").href).toBe(want);
});

describe("parseToken", () => {
  it.each([
    [
      { token: "a", expires_in: 300 },
      { text: "a", seconds: 300 },
    ],
    [{ access_token: "b" }, { text: "b", seconds: 60 }],
    [
      { token: "a", access_token: "b", expires_in: -1 },
      { text: "a", seconds: 60 },
    ],
  ])("%j", (answer, want) => {
    expect(parseToken(json(answer))).toEqual(want);
  });

  it.each([[{}], [{ token: "" }], [{ token: 1 }], ["x"], [[]]])("refuses %j", (answer) => {
    expect(() => parseToken(json(answer))).toThrow(WireError);
  });
});

describe("parseDockerConfig", () => {
  it("reads log-ins by registry", () => {
    const auths = {
      "https://index.docker.io/v1/": { auth: "aHVi" },
      "quay.io": { username: "u", password: "p" },
      "https://GCR.io": { auth: "Z2Ny" },
      "ghcr.io": {},
    };
    expect([...parseDockerConfig(json({ auths }))]).toEqual([
      ["docker.io", "aHVi"],
      ["quay.io", "dTpw"],
      ["gcr.io", "Z2Ny"],
    ]);
  });

  it.each([[{}], [{ auths: null }], ["x"]])("refuses %j", (config) => {
    expect(() => parseDockerConfig(json(config))).toThrow(WireError);
  });
});
