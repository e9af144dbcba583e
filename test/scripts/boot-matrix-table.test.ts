import { describe, expect, it } from "vitest";
import {
  Cells,
  formatMatrix,
  Machines,
  type MatrixBoot,
  Modes,
  Notes,
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
    const gaps = Notes.flatMap(({ kind, modes }) => (kind === "gap" ? modes : []));
    expect(Cells.length + gaps.length).toBe(Machines.length * Modes.length);
  });

  it("prints the newest time of a cell, that a cell was not run, and why one cannot be", () => {
    const shim = boot(22, { machine: "UEFI, Secure Boot: shim, GRUB", mode: "beside Kea" });
    const lines = formatMatrix([boot(30), boot(21.26), shim]).split("\n");
    expect(lines).toContain(
      "| UEFI, Secure Boot: shim, GRUB | not run | not run (1) | 22.0 (1) | not run |",
    );
    expect(lines).toContain("| UEFI, PXE | 21.3 | not run | not run | not run |");
    expect(lines).toContain("| UEFI, PXE over IPv6 | not run | – (2) | – (2) | – (3) |");
    expect(lines.at(-1)).toMatch(/^3\. Kindling serves no IPv6 link/);
  });

  it("says where and when it was measured", () => {
    const text = formatMatrix([
      boot(1),
      boot(2, { mode: "beside Kea", load: 9, accelerator: "kvm" }),
    ]);
    expect(text).toContain(
      "The newest boot of each, 2026-11-21, QEMU with TCG and KVM, 2 cores at a load of 2 to 9.",
    );
    expect(formatMatrix([])).toContain("Nothing was run yet.");
  });
});
