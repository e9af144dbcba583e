import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ErrorTable, KindlingError } from "../errors.ts";
import { type ClusterReading, formatProblem, parseCluster } from "../installer/cluster-document.ts";
import { systemErrorCode } from "../runtime/system-error.ts";
import type { CliContext } from "./context.ts";

/** No certificate, key or pull secret that a description names is longer. */
const namedFileBytesMax = 1 << 20;

/** Reads a description, and the files that it names beside it; `onFile` is told what they hold. */
export function readDescription(
  file: string,
  onFile: (path: string, text: string) => void = () => {},
): ClusterReading {
  const read = (path: string) => {
    const bytes = readFileSync(path);
    if (bytes.length > namedFileBytesMax) throw new RangeError("too long");
    return bytes.toString("utf8");
  };
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const message = `cannot read ${file} (${systemErrorCode(error)}): kindling cluster init prints one`;
    throw new KindlingError("config.unreadable", message, { file }, error);
  }
  const folder = dirname(file);
  return parseCluster(text, (path) => {
    try {
      const held = read(resolve(folder, path));
      onFile(path, held);
      return held;
    } catch {
      return undefined; // told with its line by the reader
    }
  });
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
