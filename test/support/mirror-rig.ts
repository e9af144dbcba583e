import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { importArchive } from "../../src/assets/oci/archive-import.ts";
import { OciStore } from "../../src/assets/oci/oci-store.ts";
import { parseImageName } from "../../src/assets/oci/reference.ts";
import type { MachineDeps } from "../../src/http/deps.ts";
import type { ImageUpstream } from "../../src/http/mirror.ts";
import { MissingImages } from "../../src/http/missing-images.ts";
import { openHttpServer } from "../../src/http/server.ts";
import { FindingBoard } from "../../src/runtime/finding-board.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { type HttpRig, openHttpRig } from "./http-rig.ts";
import { type ArchiveFiles, tarOf } from "./image-archive.ts";

/** A mirror that listens on loopback, with a store of its own. */
export type MirrorRig = AsyncDisposable & {
  readonly http: HttpRig;
  readonly store: OciStore;
  readonly findings: FindingBoard;
  /** `http://127.0.0.1:<port>`, of everything and of the images alone. */
  readonly origin: string;
  readonly own: string;
  /** Brings an archive of these files in. */
  bring(files: ArchiveFiles, as?: string): Promise<void>;
};

export type MirrorRigOptions = {
  readonly deps?: Partial<MachineDeps>;
  readonly upstream?: (store: OciStore) => ImageUpstream;
};

export async function openMirrorRig(options: MirrorRigOptions = {}): Promise<MirrorRig> {
  await using opening = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "kindling-mirror-"));
  opening.defer(() => rm(folder, { recursive: true, force: true }));
  const http = opening.use(await openHttpRig());
  const store = new OciStore({ folder, keepFreeBytes: 0 });
  const findings = new FindingBoard(http.bus.publish);
  const blobs = { folder: join(folder, "blobs"), symlinks: "confine" } as const;
  const missing = new MissingImages(findings);
  const upstream = options.upstream?.(store);
  const mirror = { store, blobs, missing, port: 0, upstream };
  const at = { addresses: [parseIpv4("127.0.0.1")], port: 0 };
  const deps = { ...http.deps, mirror, ...options.deps, ...at };
  const service = opening.use(await openHttpServer(deps, new AbortController().signal));
  service.serve();
  const [origin = "", own = ""] = service.ports.map((port) => `http://127.0.0.1:${port}`);
  const closing = opening.move();
  return {
    ...{ http, store, findings, origin, own },
    async bring(files, as) {
      const path = join(folder, "archive.tar");
      await writeFile(path, tarOf(files));
      await importArchive(store, {
        ...{ path, blobBytesMax: 1 << 30, now: () => Date.now(), progress: () => {} },
        ...(as !== undefined && { as: parseImageName(as) }),
        signal: new AbortController().signal,
      });
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
