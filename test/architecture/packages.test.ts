import { expect, it } from "vitest";
import { checkPackages } from "./packages.ts";
import { fixture, readTree } from "./tree.ts";

it("holds in the tree", () => {
  expect(checkPackages(readTree())).toEqual([]);
});

it.each([
  { name: "a package outside its row", path: "src/dns/zone.ts", specifier: "dns-packet" },
  { name: "a file of a package", path: "src/dhcp/decide.ts", specifier: "zod/v4" },
  { name: "a package nobody decided on", path: "src/lab/a.ts", specifier: "@scope/pretty-thing" },
  { name: "sqlite outside the lease store", path: "src/dhcp/pool.ts", specifier: "node:sqlite" },
])("catches $name", ({ path, specifier }) => {
  const files = fixture({ [path]: `import type { x } from "${specifier}";` });
  expect(checkPackages(files)).toEqual([expect.stringContaining(`${path}:1 imports `)]);
});

it("catches a package that creeps into every file", () => {
  const texts = Array.from({ length: 9 }, (_, n) => [`src/http/r${n}.ts`, `import "fastify";`]);
  expect(checkPackages(fixture(Object.fromEntries(texts)))).toEqual([
    "fastify is imported in 9 files: wrap it in one",
  ]);
});

it("lets any file of the part name a package's types", () => {
  const text = `import type { FastifyReply } from "fastify";`;
  const texts = Array.from({ length: 9 }, (_, n) => [`src/http/r${n}.ts`, text]);
  expect(checkPackages(fixture(Object.fromEntries(texts)))).toEqual([]);
});

it("leaves the platform's modules and our own files alone", () => {
  const text = `import "node:fs";\nimport "./b.ts";\nimport "fastify";`;
  expect(checkPackages(fixture({ "src/http/server.ts": text }))).toEqual([]);
});
