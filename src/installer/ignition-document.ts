/** A file of a machine: its text, or where the machine fetches it and what it is held to. */
export type MachineFile = {
  readonly path: string;
  /** As chmod takes it: 0o644. */
  readonly mode: number;
  /** Root, unless named. */
  readonly owner?: string;
} & ({ readonly text: string } | { readonly url: string; readonly sha256: string });

/** A unit of systemd; one without text is the system's own, switched on or put aside. */
export type MachineUnit = {
  readonly name: string;
  readonly text?: string;
  readonly enabled?: boolean;
  readonly masked?: true;
  readonly dropins?: readonly { readonly name: string; readonly text: string }[];
};

/** An account that the machine has to have. */
export type MachineUser = {
  readonly name: string;
  readonly sshKeys?: readonly string[];
  /** One that nobody logs in by: a service's. */
  readonly service?: { readonly home: string };
};

/** What a machine is made into. */
export type MachineDocument = {
  readonly users: readonly MachineUser[];
  readonly files: readonly MachineFile[];
  readonly units: readonly MachineUnit[];
};

/** Debian's Ignition, the oldest that is tried, speaks 3.0 to 3.3. */
const ignitionVersion = "3.3.0";

/** A document as an Ignition file, on one line. */
export function formatMachine({ users, files, units }: MachineDocument): string {
  return JSON.stringify({
    ignition: { version: ignitionVersion },
    passwd: { users: users.map(userOf) },
    storage: { files: files.map(fileOf) },
    systemd: { units: units.map(unitOf) },
  });
}

function userOf({ name, sshKeys, service }: MachineUser) {
  return {
    name,
    ...(sshKeys && { sshAuthorizedKeys: sshKeys }),
    ...(service && {
      system: true,
      homeDir: service.home,
      noCreateHome: true,
      shell: "/usr/sbin/nologin",
    }),
  };
}

function fileOf(file: MachineFile) {
  const { path, mode, owner } = file;
  return {
    path,
    mode,
    overwrite: true,
    ...(owner && { user: { name: owner } }),
    contents: contentsOf(file),
  };
}

function contentsOf(file: MachineFile) {
  if ("url" in file) return { source: file.url, verification: { hash: `sha256-${file.sha256}` } };
  // RFC 2397; what it leaves as it is are the letters that a URL takes anywhere.
  return { source: `data:,${encodeURIComponent(file.text)}` };
}

function unitOf({ name, text, enabled, masked, dropins }: MachineUnit) {
  return {
    name,
    ...(enabled !== undefined && { enabled }),
    ...(masked && { mask: true }),
    ...(text !== undefined && { contents: text }),
    ...(dropins && {
      dropins: dropins.map((dropin) => ({ name: dropin.name, contents: dropin.text })),
    }),
  };
}
