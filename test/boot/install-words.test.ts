import { expect, it } from "vitest";
import { heldLines } from "../../src/boot/install-words.ts";

it("says on the screen why a machine is held, and the cure", () => {
  const loop = heldLines({ kind: "hold", reason: "install-loop", tries: 2 });
  expect(loop[0]).toContain("2 times within 20 minutes");
  expect(loop[1]).toMatch(/^Cure: /);
  const word = heldLines({ kind: "hold", reason: "malformed-wish", tries: 0 });
  expect(word[0]).toContain("metadata.kindling.install");
});
