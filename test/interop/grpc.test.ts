import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  toBinary,
} from "@bufbuild/protobuf";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makeAuthority, makeLeaves } from "../../src/rpc/credential-set.ts";
import {
  GroupGetRequestSchema,
  GroupGetResponseSchema,
  GroupPutRequestSchema,
} from "../../src/rpc/proto/server_pb.ts";
import { openRpcRig, type RpcRig } from "../support/rpc-rig.ts";

const clients = resolve(import.meta.dirname, "../support/grpc-client");
const messages = resolve(import.meta.dirname, "../../src/rpc/proto");

let rig: RpcRig;
let files: readonly string[];
beforeEach(async () => {
  rig = await openRpcRig();
  await rig.clientFlags();
  files = ["ca.crt", "client.crt", "client.key"].map((name) => join(rig.folder, "tls", name));
});
afterEach(() => rig[Symbol.asyncDispose]());

it("Python's gRPC sees no drift in what the Terraform provider writes", async () => {
  const stubs = join(rig.folder, "stubs");
  await mkdir(stubs);
  await execa("protoc", [
    `-I${messages}`,
    `--python_out=${stubs}`,
    "server.proto",
    "storage.proto",
  ]);
  const script = join(clients, "client.py");
  // Debian's own interpreter: another one first in PATH knows nothing of Debian's packages.
  const { stdout } = await execa("/usr/bin/python3", [script, rig.endpoint, ...files, stubs]);
  expect(JSON.parse(stdout.replaceAll(rig.folder, "<root>"))).toEqual({
    ...{ drift: 0, compared: 18, emptyBoot: true },
    missing: ["UNKNOWN", "open <root>/groups/g.json: no such file or directory"],
    absent: ["UNKNOWN", "want a group in the request, got none"],
    unmatched: ["NOT_FOUND", "matchbox: No matching Group"],
    large: "RESOURCE_EXHAUSTED",
  });
}, 60_000);

describe("Go's gRPC", () => {
  let folder: RpcRig; // only for a place that goes away
  let program: string;
  beforeAll(async () => {
    folder = await openRpcRig();
    program = join(folder.folder, "client");
    // Debian's packages are sources in a GOPATH; compiling them the first time takes 12 s.
    const env = { GO111MODULE: "off", GOPATH: "/usr/share/gocode", GOFLAGS: "-p=1" };
    await execa("go", ["build", "-o", program, "main.go"], { cwd: clients, env });
  }, 300_000);
  afterAll(() => folder[Symbol.asyncDispose]());

  const call = async (method: string, message: Uint8Array) => {
    const hex = Buffer.from(message).toString("hex");
    const { stdout } = await execa(program, [rig.endpoint, ...files, method, hex]);
    return stdout.replaceAll(rig.folder, "<root>");
  };
  const encode = <S extends DescMessage>(schema: S, init: MessageInitShape<S>) =>
    toBinary(schema, create(schema, init));

  it("puts, gets and hears why not", async () => {
    const group = { id: "g", profile: "p", selector: { a: "b" }, metadata: Buffer.from('{"n":1}') };
    const put = encode(GroupPutRequestSchema, { group });
    expect(await call("/rpcpb.Groups/GroupPut", put)).toBe("OK ");
    const [word, hex = ""] = (
      await call("/rpcpb.Groups/GroupGet", encode(GroupGetRequestSchema, { id: "g" }))
    ).split(" ");
    expect(word).toBe("OK");
    const answer = fromBinary(GroupGetResponseSchema, Buffer.from(hex, "hex"));
    expect(answer.group).toMatchObject({ id: "g", profile: "p", selector: { a: "b" } });
    const missing = encode(GroupGetRequestSchema, { id: "x" });
    expect(await call("/rpcpb.Groups/GroupGet", missing)).toBe(
      "Unknown open <root>/groups/x.json: no such file or directory",
    );
    expect(await call("/rpcpb.Groups/Rename", missing)).toBe(
      "Unimplemented unknown service or method",
    );
  });

  it("is turned away with a certificate of another authority", async () => {
    const now = Date.now();
    const { client } = await makeLeaves(await makeAuthority(now), { names: [], now, days: 1 });
    await rig.write("tls/client.crt", client.cert);
    await rig.write("tls/client.key", client.key);
    const answer = await call("/rpcpb.Groups/GroupList", new Uint8Array());
    expect(answer).toMatch(/^Unavailable /);
  });
});
