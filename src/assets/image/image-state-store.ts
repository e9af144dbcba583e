import { readFile } from "node:fs/promises";
import { durableDisk } from "../../runtime/durable-file.ts";
import { systemErrorCode } from "../../runtime/system-error.ts";
import type { ImageLibrary } from "./image-library.ts";
import { formatState, type ImageState, noState, parseState } from "./image-state.ts";
import { stateFile } from "./layout.ts";

/** What was said about the images of a library; empty where nothing was. */
export async function readState({ folders }: ImageLibrary): Promise<ImageState> {
  const path = stateFile(folders);
  try {
    return parseState(path, await readFile(path, "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && systemErrorCode(error) === "ENOENT") {
      return noState;
    }
    throw error;
  }
}

/** Changes it, for good when this resolves; two who do so at once come one after the other or not at all. */
export async function changeState(
  library: ImageLibrary,
  change: (state: ImageState) => ImageState,
): Promise<void> {
  using _lock = await library.lockState();
  const path = stateFile(library.folders);
  const text = formatState(change(await readState(library)));
  {
    await using file = await durableDisk.open(`${path}.new`, "fresh");
    await file.append(Buffer.from(text));
  }
  await durableDisk.replace(`${path}.new`, path);
}
