/** The matrix of machines and DHCP modes: its rows, its columns, the cells that cannot be, and how it is printed. */

export const Machines = [
  "BIOS, iPXE ROM of Debian 12",
  "BIOS, iPXE ROM of Debian 13",
  "BIOS, iPXE ROM of Debian sid",
  "UEFI, PXE",
  "UEFI, HTTP Boot",
  "UEFI, Secure Boot: shim, GRUB",
  "arm64 UEFI, PXE",
  "UEFI, PXE over IPv6",
] as const;
export type MatrixMachine = (typeof Machines)[number];

export const Modes = ["full", "beside dnsmasq", "beside Kea", "behind a relay"] as const;
export type MatrixMode = (typeof Modes)[number];

/** A cell that no test fills, and why. */
type Gap = {
  readonly machine: MatrixMachine;
  readonly modes: readonly MatrixMode[];
  readonly why: string;
};

export const Gaps: readonly Gap[] = [
  {
    machine: "UEFI, PXE over IPv6",
    modes: ["beside dnsmasq", "beside Kea"],
    why: "DHCPv6 has no proxies: who gives the address names the boot file",
  },
  {
    machine: "UEFI, PXE over IPv6",
    modes: ["behind a relay"],
    why: "Kindling serves no IPv6 link but its own",
  },
];

/** One boot that was seen: seconds from power-on to the first line of the kernel's first process. */
export type MatrixBoot = {
  readonly machine: MatrixMachine;
  readonly mode: MatrixMode;
  readonly seconds: number;
  /** Runnable processes of the host when it ended, on average over a minute. */
  readonly load: number;
  /** The day, as in 2026-11-21. */
  readonly day: string;
  readonly cores: number;
  readonly accelerator: "kvm" | "tcg";
};

/** Every cell that can be. */
export const Cells = Machines.flatMap((machine) =>
  Modes.filter((mode) => gapAt(machine, mode) === undefined).map((mode) => ({ machine, mode })),
);

/** The newest boot of each cell as Markdown, a line on where it was measured, and the gaps' reasons. */
export function formatMatrix(boots: readonly MatrixBoot[]): string {
  const newest = new Map(boots.map((boot) => [`${boot.machine}/${boot.mode}`, boot]));
  const cell = (machine: MatrixMachine, mode: MatrixMode): string => {
    const gap = gapAt(machine, mode);
    if (gap !== undefined) return `– (${Gaps.indexOf(gap) + 1})`;
    return newest.get(`${machine}/${mode}`)?.seconds.toFixed(1) ?? "not run";
  };
  const rows = Machines.map((machine) => [machine, ...Modes.map((mode) => cell(machine, mode))]);
  const head = ["seconds from power-on to the kernel's first process", ...Modes];
  const table = [head, ["---", ...Modes.map(() => "---:")], ...rows].map(
    (cells) => `| ${cells.join(" | ")} |`,
  );
  const gaps = Gaps.map(({ why }, index) => `${index + 1}. ${why}.`);
  return [...table, "", measuredOn([...newest.values()]), "", ...gaps].join("\n");
}

function gapAt(machine: MatrixMachine, mode: MatrixMode): Gap | undefined {
  return Gaps.find((gap) => gap.machine === machine && gap.modes.includes(mode));
}

function measuredOn(boots: readonly MatrixBoot[]): string {
  const first = boots[0];
  if (first === undefined) return "Nothing was run yet.";
  const loads = boots.map(({ load }) => load).sort((a, b) => a - b);
  const range = `${loads[0]?.toFixed(0)} to ${loads.at(-1)?.toFixed(0)}`;
  const days = [...new Set(boots.map(({ day }) => day))].sort().join(", ");
  const how = [...new Set(boots.map(({ accelerator }) => accelerator.toUpperCase()))].join(" and ");
  return `One boot each, ${days}, QEMU with ${how}, ${first.cores} cores at a load of ${range}.`;
}
