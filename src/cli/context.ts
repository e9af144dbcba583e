/**
 * The command line: one file a command, each a function from a context to an exit code. Only
 * src/main.ts knows argv, the environment and how a process ends.
 */
export type CliContext = {
  readonly version: string;
  readonly uid: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly out: CliOutput;
  readonly error: CliOutput;
  /** Fires at the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Calls `task` at each SIGHUP until disposed of. */
  readonly onHangup: (task: () => void) => Disposable;
};

export type CliOutput = {
  readonly write: (text: string | Uint8Array) => void;
  readonly isTerminal: boolean;
  readonly columns: number;
};
