import { describe, expect, it } from "vitest";
import type { Finding } from "../../src/boot/finding.ts";
import { FindingBoard } from "../../src/runtime/finding-board.ts";
import { parseMac } from "../../src/wire/mac.ts";

const mac = parseMac("52:54:00:77:00:10");
const loop: Finding = {
  code: "boot.loop",
  severity: "error",
  sentence: "it loads snponly.efi for the third time",
  cure: "read its console",
  subject: mac,
  mac,
};

function openBoard() {
  const told: string[] = [];
  const board = new FindingBoard((event) => {
    if (event.kind === "finding") told.push(`${event.change} ${event.mac} ${event.finding.code}`);
  });
  return { board, told };
}

describe("FindingBoard", () => {
  it("tells a finding when it begins and when it ends, and no more often", () => {
    const { board, told } = openBoard();
    board.raise(loop);
    board.raise({ ...loop });
    expect(board.list()).toEqual([loop]);
    board.clear({ code: loop.code, subject: mac });
    board.clear({ code: loop.code, subject: mac });
    expect(board.list()).toEqual([]);
    expect(told).toEqual([`raised ${mac} boot.loop`, `cleared ${mac} boot.loop`]);
  });

  it("tells again when it became worse", () => {
    const { board, told } = openBoard();
    board.raise({ ...loop, severity: "warning" });
    board.raise(loop);
    expect(told).toHaveLength(2);
    expect(board.list()).toEqual([loop]);
  });

  it("holds a thousand and lets the oldest go", () => {
    const { board, told } = openBoard();
    for (let at = 0; at <= 1000; at += 1) board.raise({ ...loop, subject: String(at) });
    expect(board.list()).toHaveLength(1000);
    expect(board.list()[0]?.subject).toBe("1");
    expect(told.at(-1)).toBe(`cleared ${mac} boot.loop`);
  });
});
