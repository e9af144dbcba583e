import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ImageLibrary } from "../../../src/assets/image/image-library.ts";
import { noState, withPin } from "../../../src/assets/image/image-state.ts";
import { changeState, readState } from "../../../src/assets/image/image-state-store.ts";

const id = { name: "fcos", version: "43.1", arch: "x86_64" } as const;
let root = "";
let library: ImageLibrary;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kindling-images-"));
  library = new ImageLibrary({ published: join(root, "a"), work: join(root, "work") }, () => 0);
});
afterEach(() => rmSync(root, { recursive: true }));

describe("state.json", () => {
  it("is empty where there is none", async () => {
    expect(await readState(library)).toEqual(noState);
  });

  it("keeps what it was told", async () => {
    await changeState(library, (state) => withPin(state, id, true));
    expect((await readState(library)).pins).toEqual([id]);
  });

  it("is changed by one at a time", async () => {
    using _held = await library.lockState();
    const second = changeState(library, (state) => withPin(state, id, true));
    await expect(second).rejects.toMatchObject({ code: "image.busy" });
  });

  it("is not written over where it is broken", async () => {
    mkdirSync(join(root, "work"));
    writeFileSync(join(root, "work/state.json"), "{");
    const change = changeState(library, (state) => withPin(state, id, true));
    await expect(change).rejects.toMatchObject({ code: "image.broken" });
    expect(readFileSync(join(root, "work/state.json"), "utf8")).toBe("{");
  });
});
