import type { Finding } from "./finding.ts";
import { type InstallDecision, installLoopMs } from "./install.ts";

type Held = Extract<InstallDecision, { kind: "hold" }>;

/** Why a machine gets no installer, as a finding; whose it is the caller adds. */
export function heldFinding({ reason, tries }: Held): Omit<Finding, "mac" | "subject"> {
  const code = "boot.install-held" as const;
  if (reason === "malformed-wish") {
    return {
      ...{ code, severity: "error" },
      sentence: "the group's metadata.kindling.install is no word, so nothing is installed",
      cure: "write a word of letters, digits, dots and dashes there, and another one to install anew",
    };
  }
  const minutes = installLoopMs / 60_000;
  return {
    ...{ code, severity: "error" },
    sentence: `the installation was tried ${tries} times within ${minutes} minutes and never reported its end`,
    cure: "read the machine's console and its last report; then kindling machine reinstall, or wait",
  };
}

/** The lines for the screen of a machine that is held. */
export function heldLines(held: Held): readonly string[] {
  const { sentence, cure } = heldFinding(held);
  return [`Kindling stopped an installation: ${sentence}`, `Cure: ${cure}`];
}
