/** The daemon's container images: where they lie and who may be asked for what is missing. Wiring only. */
import { join } from "node:path";
import type { HotLibrary } from "./assets/hot-library.ts";
import { OciStore } from "./assets/oci/oci-store.ts";
import type { Config } from "./config/schema.ts";
import type { ImageMirror } from "./http/mirror.ts";
import { MissingImages } from "./http/missing-images.ts";
import type { FindingBoard } from "./runtime/finding-board.ts";

export type MirrorDeps = {
  readonly config: Config;
  readonly findings: FindingBoard;
  /** Reads what is sent: layers share its memory with the assets. */
  readonly files: HotLibrary;
};

export function openImageMirror({ config, findings, files }: MirrorDeps): ImageMirror {
  const store = openOciStore(config);
  const { port } = config.oci;
  return {
    store,
    blobs: { folder: join(store.blobs.folder, "blobs"), symlinks: "confine", files },
    missing: new MissingImages(findings),
    ...(port !== 0 && { port }),
  };
}

/** The store that the settings name. */
export function openOciStore({ oci, data }: Pick<Config, "oci" | "data">): OciStore {
  const folder = oci.folder || join(data.folder, "oci");
  return new OciStore({ folder, keepFreeBytes: oci.keepFree });
}
