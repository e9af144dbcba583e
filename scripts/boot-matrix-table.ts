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

/** What is to be said of cells: why no test fills them, or on what condition they boot. */
type Note = {
  readonly kind: "gap" | "condition";
  readonly machine: MatrixMachine;
  readonly modes: readonly MatrixMode[];
  readonly text: string;
};

export const Notes: readonly Note[] = [
  {
    kind: "condition",
    machine: "UEFI, Secure Boot: shim, GRUB",
    modes: ["beside dnsmasq", "beside Kea"],
    text: "The other DHCP server names Kindling as the next server, which GRUB 2.06 wants",
  },
  {
    kind: "gap",
    machine: "UEFI, PXE over IPv6",
    modes: ["beside dnsmasq", "beside Kea"],
    text: "DHCPv6 has no proxies: who gives the address names the boot file",
  },
  {
    kind: "gap",
    machine: "UEFI, PXE over IPv6",
    modes: ["behind a relay"],
    text: "Kindling serves no IPv6 link but its own",
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
  Modes.filter((mode) => noteAt(machine, mode)?.kind !== "gap").map((mode) => ({ machine, mode })),
);

/** The newest boot of each cell as Markdown, a line on where it was measured, and the notes. */
export function formatMatrix(boots: readonly MatrixBoot[]): string {
  const newest = new Map(boots.map((boot) => [`${boot.machine}/${boot.mode}`, boot]));
  const cell = (machine: MatrixMachine, mode: MatrixMode): string => {
    const note = noteAt(machine, mode);
    const mark = note === undefined ? "" : ` (${Notes.indexOf(note) + 1})`;
    if (note?.kind === "gap") return `–${mark}`;
    const seconds = newest.get(`${machine}/${mode}`)?.seconds.toFixed(1);
    return `${seconds ?? "not run"}${mark}`;
  };
  const rows = Machines.map((machine) => [machine, ...Modes.map((mode) => cell(machine, mode))]);
  const head = ["seconds from power-on to the kernel's first process", ...Modes];
  const table = [head, ["---", ...Modes.map(() => "---:")], ...rows].map(
    (cells) => `| ${cells.join(" | ")} |`,
  );
  const notes = Notes.map(({ text }, index) => `${index + 1}. ${text}.`);
  return [...table, "", measuredOn([...newest.values()]), "", ...notes].join("\n");
}

function noteAt(machine: MatrixMachine, mode: MatrixMode): Note | undefined {
  return Notes.find((note) => note.machine === machine && note.modes.includes(mode));
}

function measuredOn(boots: readonly MatrixBoot[]): string {
  const first = boots[0];
  if (first === undefined) return "Nothing was run yet.";
  const loads = boots.map(({ load }) => load).sort((a, b) => a - b);
  const range = `${loads[0]?.toFixed(0)} to ${loads.at(-1)?.toFixed(0)}`;
  const days = [...new Set(boots.map(({ day }) => day))].sort().join(", ");
  const how = [...new Set(boots.map(({ accelerator }) => accelerator.toUpperCase()))].join(" and ");
  return `The newest boot of each, ${days}, QEMU with ${how}, ${first.cores} cores at a load of ${range}.`;
}
