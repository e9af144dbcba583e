import { createInterface } from "node:readline";
import { execa } from "execa";

/** One line of the daemon's log. */
export type LogLine = { readonly msg: string } & Readonly<Record<string, unknown>>;

/** What a program left when it ended. */
export type Outcome = {
  /** Absent when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
};

/** The real daemon as a process of its own, its log read as it is written. */
export type Daemon = AsyncDisposable & {
  readonly pid: number;
  readonly lines: readonly LogLine[];
  /** The first line, said or to come, that fits; fails when the daemon ends without it. */
  logged(message: string, fits?: (line: LogLine) => boolean): Promise<LogLine>;
  signal(name: NodeJS.Signals): void;
  readonly ended: Promise<Omit<Outcome, "stdout">>;
};

/** Starts `argv` and reads each line of its standard output as one line of a log. */
export function startDaemon(
  argv: readonly string[],
  environment: Readonly<Record<string, string>>,
): Daemon {
  const [program = "", ...words] = argv;
  const buffer = { stdout: false };
  const child = execa(program, words, { env: environment, reject: false, buffer });
  const lines: LogLine[] = [];
  const waiting = new Set<() => void>();
  let over: Omit<Outcome, "stdout"> | undefined;
  const wake = () => {
    for (const look of waiting) look();
  };
  createInterface(child.stdout).on("line", (line) => {
    lines.push(JSON.parse(line));
    wake();
  });
  const ended = child.then(({ exitCode, stderr }) => {
    over = { exitCode, stderr };
    wake();
    return over;
  });
  const logged: Daemon["logged"] = (message, fits = () => true) =>
    new Promise((resolve, reject) => {
      const settle = (how: () => void) => {
        waiting.delete(look);
        how();
      };
      const look = () => {
        const found = lines.find((line) => line.msg === message && fits(line));
        if (found !== undefined) settle(() => resolve(found));
        else if (over !== undefined) {
          const { exitCode, stderr } = over;
          const text = `ended (${exitCode}) and never said "${message}": ${stderr}`;
          settle(() => reject(new Error(text)));
        }
      };
      waiting.add(look);
      look();
    });
  return {
    pid: child.pid ?? 0,
    lines,
    logged,
    signal: (name) => child.kill(name),
    ended,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Runs a program to its end, whatever that is. */
export async function runProgram(
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const [program = "", ...words] = argv;
  const done = await execa(program, words, { env: environment, reject: false, timeout: 30_000 });
  const { exitCode, stdout, stderr } = done;
  return { exitCode, stdout, stderr };
}

/** A program that runs until it is disposed of; `ready` settles when its stderr matches. */
export function startProgram(
  argv: readonly string[],
  ready: RegExp,
): AsyncDisposable & { readonly pid: number; readonly ready: Promise<void> } {
  const [program = "", ...words] = argv;
  const child = execa(program, words, { reject: false });
  let said = "";
  const isReady = new Promise<void>((resolve, reject) => {
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (ready.test(said)) resolve();
    });
    void child.then(({ exitCode }) => reject(new Error(`${program} ended (${exitCode}): ${said}`)));
  });
  return {
    pid: child.pid ?? 0,
    ready: isReady,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child;
    },
  };
}
