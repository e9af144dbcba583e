import { afterEach, beforeEach, expect, it } from "vitest";
import { buildMachineApp } from "../src/http/app.ts";
import { systemClock } from "../src/runtime/clock.ts";
import { silentLog } from "../src/runtime/log.ts";
import { FileStore } from "../src/store/file-store.ts";
import { checkPartial, openTextEngines } from "../src/text-engines.ts";
import { type HttpRig, openHttpRig } from "./support/http-rig.ts";

let rig: HttpRig;
let catalog: FileStore;
let app: ReturnType<typeof buildMachineApp>;
let reasons: unknown[];

beforeEach(async () => {
  rig = await openHttpRig();
  reasons = [];
  const info = (message: string, fields = {}) => {
    if (message === "no configuration") reasons.push(fields);
  };
  const log = { ...silentLog, info };
  const { folder } = rig;
  catalog = new FileStore({ folder, clock: systemClock, log: silentLog, checkPartial });
  const deps = { ...rig.deps, catalog, log, texts: openTextEngines(silentLog) };
  app = buildMachineApp(deps);
  const boot = { template: true, kernel: '{{template "kernel" .}}' };
  const ids = { ignition_id: "n.yaml", cloud_id: "n", generic_id: "n" };
  await rig.write("groups/default.json", { profile: "p", metadata: { name: "node1" } });
  await rig.write("profiles/p.json", { id: "p", boot, ...ids });
  await rig.write("ignition/n.yaml", 'variant: fcos\nversion: 1.4.0\n{{template "users" .}}');
  await rig.write("cloud/n", '#cloud-config\n{{template "host" .}}');
  await rig.write("generic/n", '{{template "host" .}}');
  await rig.write("templates/host.tmpl", "hostname: {{.name}}\n");
  await rig.write("templates/users.tmpl", "passwd: {users: [{name: {{.name}}}]}\n");
  await rig.write("templates/kernel.tmpl", "/{{.name}}/vmlinuz");
});
afterEach(async () => {
  await app.close();
  catalog[Symbol.dispose]();
  await rig[Symbol.asyncDispose]();
});

const ask = (url: string) => app.inject(url);

it.each([
  { url: "/ignition", want: '"name":"node1"' },
  { url: "/cloud", want: "#cloud-config\nhostname: node1\n" },
  { url: "/generic", want: "hostname: node1\n" },
  { url: "/ipxe", want: "kernel /node1/vmlinuz\n" },
])("$url calls partials", async ({ url, want }) => {
  expect((await ask(url)).body).toContain(want);
});

it("sees an edit of a partial with the next request", async () => {
  for (const text of ["one", "two", "six"]) {
    await rig.write("templates/host.tmpl", `${text} {{.name}}`);
    expect((await ask("/generic")).body).toBe(`${text} node1`);
  }
});

it.each([
  {
    name: "broken",
    file: "templates/host.tmpl",
    text: "ok\n{{if}}",
    problem: { file: "templates/host.tmpl", line: 2, column: 5, reason: "missing value for if" },
    reason: 'template "host" not defined: templates/host.tmpl is broken: missing value for if',
  },
  {
    name: "named so that no template should write it",
    file: "templates/-x.tmpl",
    text: "",
    problem: { file: "templates/-x.tmpl", reason: expect.stringContaining("want a name") },
    reason: undefined,
  },
])("a partial that is $name costs only those who call it", async (row) => {
  await rig.write(row.file, row.text);
  expect((await catalog.snapshot()).problems).toEqual([row.problem]);
  expect((await ask("/ignition")).statusCode).toBe(200);
  const generic = await ask("/generic");
  expect(generic.statusCode).toBe(row.reason === undefined ? 200 : 404);
  if (row.reason === undefined) return;
  expect(reasons).toMatchObject([{ name: "n", reason: expect.stringContaining(row.reason) }]);
});

it("names the partial, line and column in which a template fails", async () => {
  await rig.write("templates/host.tmpl", "a\n{{.gone}}");
  expect((await ask("/generic")).statusCode).toBe(404);
  const where = 'template: templates/host.tmpl:2:2: executing "templates/host.tmpl" at <.gone>';
  expect(reasons).toMatchObject([{ reason: expect.stringContaining(where) }]);
});

it("has no partials where matchbox is followed to the letter", async () => {
  const texts = openTextEngines(silentLog);
  const asMatchbox = buildMachineApp({ ...rig.deps, catalog, texts, extensions: false });
  expect((await asMatchbox.inject("/generic")).statusCode).toBe(404);
  await asMatchbox.close();
});
