import { execa } from "execa";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type HttpService, openHttpServer } from "../../src/http/server.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { type HttpRig, openHttpRig } from "../support/http-rig.ts";

let rig: HttpRig;
let service: HttpService;
let origin: string;
const size = 8 << 20;

beforeEach(async () => {
  rig = await openHttpRig();
  const deps = { ...rig.deps, addresses: [parseIpv4("127.0.0.1")], port: 0 };
  service = await openHttpServer(deps, new AbortController().signal);
  service.serve();
  origin = `http://127.0.0.1:${service.ports[0]}`;
  await rig.write("assets/image", Buffer.alloc(size, "kindling"));
});
afterEach(async () => {
  await service[Symbol.asyncDispose]();
  await rig[Symbol.asyncDispose]();
});

it("curl goes on with a download that broke off", async () => {
  const file = `${rig.folder}/copy`;
  await rig.write("copy", Buffer.alloc(size, "kindling").subarray(0, 1_000_001));
  await execa("curl", ["-fsS", "-C", "-", "-o", file, `${origin}/assets/image`]);
  await execa("cmp", [file, `${rig.folder}/assets/image`]);
  const seen = rig.events.find((event) => event.kind === "http");
  expect(seen).toMatchObject({ status: 206, bytes: size - 1_000_001 });
});

it("curl -z and a tag spare a second download", async () => {
  const file = `${rig.folder}/copy`;
  const options = ["-fsS", "--etag-save", `${file}.etag`, "-o", file];
  await execa("curl", [...options, `${origin}/assets/image`]);
  const again = ["-fsS", "-w", "%{http_code} %{size_download}", "-o", "/dev/null"];
  const byDate = await execa("curl", [...again, "-z", file, `${origin}/assets/image`]);
  expect(byDate.stdout).toBe("304 0");
  const byTag = await execa("curl", [
    ...again,
    "--etag-compare",
    `${file}.etag`,
    `${origin}/assets/image`,
  ]);
  expect(byTag.stdout).toBe("304 0");
});

it("curl in its slowest manners gets its bytes", async () => {
  const slow = ["-fsS", "--http1.0", "--limit-rate", "6M", "-o", `${rig.folder}/copy`];
  const head = await execa("curl", ["-fsSI", `${origin}/loaders/snponly.efi`]);
  expect(head.stdout).toMatch(/content-type: application\/efi/);
  await execa("curl", [...slow, `${origin}/assets/image`]);
  await execa("cmp", [`${rig.folder}/copy`, `${rig.folder}/assets/image`]);
});
