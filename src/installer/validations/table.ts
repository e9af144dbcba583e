import type { Validation } from "../validation.ts";
import { addressRows } from "./addresses.ts";
import { credentialRows } from "./credentials.ts";
import { imageRows } from "./images.ts";
import { machineRows } from "./machines.ts";
import { nameRows } from "./names.ts";
import { networkRows } from "./networks.ts";

/** Everything that has to hold of a cluster, in the order in which it is told. */
export const Validations: readonly Validation[] = [
  ...nameRows,
  ...machineRows,
  ...networkRows,
  ...addressRows,
  ...imageRows,
  ...credentialRows,
];

/** The table of docs/cluster.md. */
export function formatValidations(): string {
  const rows = Validations.map(({ id, severity, sentence, cure }) => {
    return `| \`${id}\` | ${severity} | ${sentence} | ${cure.replaceAll("|", "\\|")} |`;
  });
  return ["| rule | severity | what has to hold | cure |", "|---|---|---|---|", ...rows].join("\n");
}
