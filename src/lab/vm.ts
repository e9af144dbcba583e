import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { KindlingError } from "../errors.ts";
import { type MachineSpec, qemuCommand } from "./firmware.ts";
import { SerialText } from "./serial.ts";

/** One line of a machine's serial port; `ms` counts from power-on. */
export type SerialLine = { readonly ms: number; readonly text: string };

/** A machine that is powered on. Disposing of it pulls the plug. */
export type Vm = AsyncDisposable & {
  readonly name: string;
  /** The newest lines of the serial port. */
  readonly lines: readonly SerialLine[];
  /** The first line that matches, seen already or yet to come; fails when the machine ends without it. */
  mark(pattern: RegExp, timeoutMs?: number): Promise<SerialLine>;
  /** Resolves when the machine is off, whatever the reason, with QEMU's exit code. */
  readonly ended: Promise<number | null>;
};

export type VmOptions = {
  readonly spec: MachineSpec;
  /** Where the machine's own files go. */
  readonly folder: string;
  /** The command in front of QEMU, such as `onHost` makes. */
  readonly within?: readonly string[];
};

/** How many serial lines are kept; a boot writes some hundred. */
const lineLimit = 10_000;

/** Powers a machine on. It ends with the signal, with `dispose` or by itself. */
export async function openVm(options: VmOptions, signal: AbortSignal): Promise<Vm> {
  const { spec, folder, within = [] } = options;
  const vars = join(folder, `${spec.name}.vars`);
  // Boot order is kept in the variables: two machines, or two boots of a test, must not share them.
  if (spec.firmware.kind === "uefi") await copyFile(spec.firmware.vars, vars);
  signal.throwIfAborted();
  const [program = "", ...rest] = [...within, ...qemuCommand(spec, vars)];
  const child = spawn(program, rest, { stdio: ["ignore", "pipe", "pipe"] });
  const console = new SerialConsole(spec.name);
  child.stdout.on("data", (chunk: Buffer) => console.feed(chunk));
  child.stderr.on("data", (chunk: Buffer) => console.feed(chunk));
  const ended = new Promise<number | null>((resolve) => {
    child.once("error", (error) => console.feed(Buffer.from(`${error.message}\n`)));
    child.once("close", (code) => {
      console.end();
      resolve(code);
    });
  });
  const pullPlug = (): void => {
    child.kill("SIGKILL");
  };
  signal.addEventListener("abort", pullPlug, { once: true });
  void ended.then(() => signal.removeEventListener("abort", pullPlug));
  return {
    name: spec.name,
    lines: console.lines,
    mark: (pattern, timeoutMs = 120_000) => console.mark(pattern, timeoutMs),
    ended,
    async [Symbol.asyncDispose]() {
      pullPlug();
      await ended;
    },
  };
}

type Watcher = { readonly pattern: RegExp; settle(line: SerialLine | KindlingError): void };

class SerialConsole {
  readonly lines: SerialLine[] = [];
  readonly #name: string;
  readonly #text = new SerialText();
  readonly #start = performance.now();
  readonly #watchers = new Set<Watcher>();
  #open = true;

  constructor(name: string) {
    this.#name = name;
  }

  feed(chunk: Uint8Array): void {
    this.#add(this.#text.feed(chunk));
  }

  end(): void {
    this.#add(this.#text.end());
    this.#open = false;
    for (const watcher of this.#watchers) watcher.settle(this.#failure(watcher.pattern, "ended"));
  }

  async mark(pattern: RegExp, timeoutMs: number): Promise<SerialLine> {
    const seen = this.lines.find((line) => pattern.test(line.text));
    if (seen) return seen;
    if (!this.#open) throw this.#failure(pattern, "ended");
    return await new Promise((resolve, reject) => {
      const late = setTimeout(() => watcher.settle(this.#failure(pattern, "late")), timeoutMs);
      const watcher: Watcher = {
        pattern,
        settle: (outcome) => {
          clearTimeout(late);
          this.#watchers.delete(watcher);
          if (outcome instanceof KindlingError) reject(outcome);
          else resolve(outcome);
        },
      };
      this.#watchers.add(watcher);
    });
  }

  #add(texts: readonly string[]): void {
    const ms = Math.round(performance.now() - this.#start);
    for (const text of texts) {
      const line = { ms, text };
      this.lines.push(line);
      if (this.lines.length > lineLimit) this.lines.shift();
      for (const watcher of this.#watchers) if (watcher.pattern.test(text)) watcher.settle(line);
    }
  }

  #failure(pattern: RegExp, how: "ended" | "late"): KindlingError {
    const verb = how === "ended" ? "was switched off" : "is still running";
    const last = this.lines.slice(-5).map((line) => line.text);
    const message = `machine ${this.#name} ${verb} without printing ${pattern}; last: ${last.join(" / ")}`;
    return new KindlingError(how === "ended" ? "lab.failed" : "timeout", message, { last });
  }
}

/** Waits for a child that was told to end; after `graceMs` it is killed. */
export async function endChild(child: ChildProcess, graceMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "exit");
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), graceMs);
  await closed;
  clearTimeout(late);
}
