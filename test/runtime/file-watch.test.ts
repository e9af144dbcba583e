import { mkdtempSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { watchPath } from "../../src/runtime/file-watch.ts";

describe("watchPath", () => {
  const folder = () => mkdtempSync(join(tmpdir(), "kindling-"));
  const edits = [
    {
      name: "an edit in place",
      edit: (path: string) => writeFileSync(path, "two"),
    },
    {
      name: "a file moved over it, as editors save",
      edit: (path: string) => {
        writeFileSync(`${path}.new`, "two");
        renameSync(`${path}.new`, path);
      },
    },
    {
      name: "a symlink swapped for another, as mounted configuration does",
      edit: (path: string) => {
        writeFileSync(`${path}.target`, "two");
        symlinkSync(`${path}.target`, `${path}.link`);
        renameSync(`${path}.link`, path);
      },
    },
  ];
  it.each(edits)("notices $name", async ({ edit }) => {
    const path = join(folder(), "kindling.yaml");
    writeFileSync(path, "one");
    const changed = new Promise<void>((resolve) => {
      const watch = watchPath(path, () => {
        watch[Symbol.dispose]();
        resolve();
      });
    });
    edit(path);
    await expect(changed).resolves.toBeUndefined();
  });
});
