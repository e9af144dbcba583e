import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { explainSilence, Silences } from "../../src/dhcp/reasons.ts";
import { requestOf } from "../support/dhcp-message.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/dhcp.md"), "utf8").replace(
  / +/g,
  " ", // columns are padded
);

describe("the reasons for silence", () => {
  it.each(Object.entries(Silences))(
    "has %s in docs/dhcp.md, in the same words",
    (reason, words) => {
      expect(page).toContain(`| \`${reason}\` | ${words} |`);
    },
  );

  it("tells of a refused machine what it is", () => {
    const options = [
      [60, "PXEClient"],
      [93, Buffer.of(0, 1)],
    ] as const;
    expect(explainSilence("no-loader", requestOf({ options }))).toContain("PC-98");
    expect(explainSilence("no-loader")).toBe(Silences["no-loader"]);
    expect(explainSilence("bootp")).toBe(Silences.bootp);
  });
});
