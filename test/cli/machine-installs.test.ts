import { expect, it } from "vitest";
import { formatInstallTable } from "../../src/cli/machine-installs.ts";

it("shows one machine a line, with ages and why one failed", () => {
  const row = { generation: "1", starts: [1], at: 10_000 } as const;
  const table = formatInstallTable(
    [
      { mac: "52:54:00:77:00:10", stage: "installed", ...row },
      { mac: "52:54:00:77:00:11", stage: "failed", ...row, at: 75_000, message: "no disk" },
    ],
    75_000,
  );
  expect(table.split("\n")).toEqual([
    "MAC                STAGE      SINCE      TRIES  GENERATION  MESSAGE",
    "52:54:00:77:00:10  installed  1m 5s ago  1      1           -",
    "52:54:00:77:00:11  failed     now        1      1           no disk",
    "",
  ]);
});
