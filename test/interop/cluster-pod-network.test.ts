import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:http2";
import { connect as dial } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { podNetworkFiles } from "../../src/installer/pod-network.ts";
import { runtimeFiles } from "../../src/installer/runtime-files.ts";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { openPeer } from "../../src/lab/peer-packages.ts";
import { clusterOf } from "../support/cluster.ts";

const peer = await openPeer(cacheFolder(process.env), "containerd").catch(
  (error: unknown) => error,
);
const why = peer instanceof Error ? ` (skipped: ${peer.message})` : "";

// By this version of the interface a kubelet of 1.20 speaks to containerd 1.6.
const service = "/runtime.v1alpha2.RuntimeService";

it.skipIf(why !== "")(`containerd fills in the network of its machine's pods${why}`, async () => {
  if (peer instanceof Error || typeof peer !== "object" || peer === null) return;
  const { program, env } = peer as Awaited<ReturnType<typeof openPeer>>;
  const folder = await mkdtemp(join(tmpdir(), "kindling-cri-"));
  const files = [
    ...runtimeFiles("pause:1", undefined, { podNetwork: "routes" }),
    ...podNetworkFiles(clusterOf("ha", { podNetwork: "routes" })),
  ];
  for (const file of files) {
    const path = join(folder, file.path);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, "text" in file ? file.text : "");
  }
  const socket = join(folder, "c.sock");
  const places = `--root ${folder}/root --state ${folder}/state --address ${socket}`;
  const shell = `mount --bind ${folder}/etc /etc && exec ${program} -c /etc/containerd/config.toml ${places}`;
  const child = execa("unshare", ["--mount", "sh", "-c", shell], { env, reject: false, all: true });
  try {
    const told = new Promise<void>((resolve) => {
      child.all.on("data", (text) => /successfully booted/.test(String(text)) && resolve());
    });
    await Promise.race([told, child]);
    expect(await call(socket, `${service}/UpdateRuntimeConfig`, networkOf("10.2.7.0/24"))).toBe(
      "0",
    );
    const written = join(folder, "etc/cni/net.d/10-containerd-net.conflist");
    const { name, plugins } = JSON.parse(await readFile(written, "utf8"));
    expect(name).toBe("kindling");
    expect(plugins[0].ipam.ranges).toEqual([[{ subnet: "10.2.7.0/24" }]]);
  } finally {
    child.kill("SIGTERM");
    await child;
    await rm(folder, { recursive: true, force: true });
  }
});

/** `UpdateRuntimeConfigRequest{runtime_config{network_config{pod_cidr}}}`: each is the first field. */
function networkOf(cidr: string): Buffer {
  const field = (inner: Buffer) => Buffer.concat([Buffer.from([0x0a, inner.length]), inner]);
  return field(field(field(Buffer.from(cidr))));
}

/** One call of gRPC over a socket; the status that comes back, "0" for success. */
async function call(socket: string, path: string, message: Buffer): Promise<string> {
  const session = connect("http://localhost", { createConnection: () => dial(socket) });
  const stream = session.request({
    ...{ ":method": "POST", ":path": path },
    ...{ "content-type": "application/grpc", te: "trailers" },
  });
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([head, message]));
  stream.resume();
  const ended = once(stream, "trailers");
  stream.on("response", (headers) => {
    if (headers["grpc-status"] !== undefined) stream.emit("trailers", headers);
  });
  const [trailers] = await ended;
  session.close();
  return `${trailers["grpc-status"]}${trailers["grpc-message"] ?? ""}`;
}
