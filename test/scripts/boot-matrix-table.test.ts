import { describe, expect, it } from "vitest";
import {
  Cells,
  formatMatrix,
  Gaps,
  Machines,
  type MatrixBoot,
  Modes,
} from "../../scripts/boot-matrix-table.ts";

const boot = (seconds: number, more: Partial<MatrixBoot> = {}): MatrixBoot => ({
  machine: "UEFI, PXE",
  mode: "full",
  seconds,
  load: 2.4,
  day: "2026-11-21",
  cores: 2,
  accelerator: "tcg",
  ...more,
});

describe("the matrix of machines and modes", () => {
  it("has a cell or a reason for each pair", () => {
    const gaps = Gaps.flatMap(({ modes }) => modes);
    expect(Cells.length + gaps.length).toBe(Machines.length * Modes.length);
  });

  it("prints the newest time of a cell, that a cell was not run, and why one cannot be", () => {
    const lines = formatMatrix([boot(30), boot(21.26)]).split("\n");
    expect(lines).toContain("| UEFI, PXE | 21.3 | not run | not run | not run |");
    expect(lines).toContain("| UEFI, PXE over IPv6 | not run | – (1) | – (1) | – (2) |");
    expect(lines.at(-1)).toMatch(/^2\. Kindling serves no IPv6 link/);
  });

  it("says where and when it was measured", () => {
    const text = formatMatrix([
      boot(1),
      boot(2, { mode: "beside Kea", load: 9, accelerator: "kvm" }),
    ]);
    expect(text).toContain(
      "One boot each, 2026-11-21, QEMU with TCG and KVM, 2 cores at a load of 2 to 9.",
    );
    expect(formatMatrix([])).toContain("Nothing was run yet.");
  });
});
