import { KindlingError } from "../../errors.ts";
import type { Report } from "../ignition-tree.ts";

/** A configuration that no machine may get, with every complaint and its place. */
export class ButaneError extends KindlingError {
  readonly reports: readonly Report[];

  constructor(reports: readonly Report[]) {
    super("butane.invalid", formatReports(reports), { reports });
    this.name = "ButaneError";
    this.reports = reports;
  }
}

/** The reports as lines for people: `error at $.storage.files.0.mode, line 7 column 13: …`. */
export function formatReports(reports: readonly Report[]): string {
  return reports
    .map(({ kind, path, line, column, message }) => {
      const where = line === 0 ? path : `${path}, line ${line} column ${column}`;
      return `${kind} at ${where}: ${message}`;
    })
    .join("\n");
}
