import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ErrorTable, KindlingError } from "../errors.ts";
import { type ClusterReading, formatProblem, parseCluster } from "../installer/cluster-document.ts";
import { systemErrorCode } from "../runtime/system-error.ts";
import type { CliContext } from "./context.ts";

/** No certificate, key or pull secret that a description names is longer. */
const namedFileBytesMax = 1 << 20;

/** A description as it lies on the disk, with the files that it names beside it. */
export type DescriptionFile = {
  readonly text: string;
  /** By the paths that it names them by. */
  readonly files: ReadonlyMap<string, string>;
  readonly reading: ClusterReading;
};

export function readDescription(file: string): DescriptionFile {
  const text = readText(file);
  const folder = dirname(file);
  const files = new Map<string, string>();
  const reading = parseCluster(text, (path) => {
    const held = readNamed(resolve(folder, path));
    if (held !== undefined) files.set(path, held);
    return held;
  });
  return { text, files, reading };
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const message = `cannot read ${file} (${systemErrorCode(error)}): kindling cluster init prints one`;
    throw new KindlingError("config.unreadable", message, { file }, error);
  }
}

function readNamed(path: string): string | undefined {
  try {
    const bytes = readFileSync(path);
    return bytes.length > namedFileBytesMax ? undefined : bytes.toString("utf8");
  } catch {
    return undefined; // told with its line by the reader
  }
}

/** Prints what is wrong with a description, one line each; the exit code. */
export function tellProblems(
  file: string,
  { problems }: Extract<ClusterReading, { kind: "invalid" }>,
  { error }: CliContext,
): number {
  error.write(problems.map((problem) => `${formatProblem(file, problem)}\n`).join(""));
  return ErrorTable["config.invalid"].exit;
}
