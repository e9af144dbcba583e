import { ErrorTable } from "../errors.ts";
import type { Cluster } from "../installer/cluster.ts";
import { judge } from "../installer/validation.ts";
import { Validations } from "../installer/validations/table.ts";
import { readDescription, tellProblems } from "./cluster-description.ts";
import { type SiteFlags, surveySite } from "./cluster-site.ts";
import { formatColumns } from "./columns.ts";
import type { CliContext } from "./context.ts";

export type ValidateFlags = SiteFlags & { readonly output: "table" | "json" };

/** `kindling cluster validate`: all that the rules find, with their places; errors are exit code 78. */
export async function runValidate(
  file: string,
  flags: ValidateFlags,
  context: CliContext,
): Promise<number> {
  const { reading } = readDescription(file);
  if (reading.kind === "invalid") {
    if (flags.output === "table") return tellProblems(file, reading, context);
    context.out.write(`${JSON.stringify({ valid: false, problems: reading.problems }, null, 2)}\n`);
    return ErrorTable["config.invalid"].exit;
  }
  const surroundings = await surveySite(reading.cluster, flags, context);
  const { findings: found, unknown } = judge(Validations, reading.cluster, surroundings);
  const findings = found.map((finding) => {
    const { line, column } = reading.placeOf(finding.path);
    return { ...finding, line, column };
  });
  const valid = !findings.some(({ severity }) => severity === "error");
  if (flags.output === "json") {
    context.out.write(`${JSON.stringify({ valid, findings, unknown }, null, 2)}\n`);
  } else {
    const rows = findings.map(({ severity, line, column, id, sentence, what }) => {
      return [severity, `${file}:${line}:${column}`, id, `${sentence}: ${what}`];
    });
    const cures = [...new Map(findings.map(({ id, cure }) => [id, `  ${id}: ${cure}\n`])).values()];
    if (rows.length > 0) context.out.write(`${formatColumns(rows)}cures:\n${cures.join("")}`);
    context.out.write(`${verdictOf(reading.cluster, valid)}\n`);
    if (unknown.length > 0)
      context.out.write(`not looked at, for lack of facts: ${unknown.join(", ")}\n`);
  }
  return valid ? 0 : ErrorTable["config.invalid"].exit;
}

function verdictOf({ name, nodes }: Cluster, valid: boolean): string {
  const what = `the cluster ${name} of ${nodes.length} machines`;
  return valid ? `ok: nothing stands in the way of ${what}` : `${what} cannot be made like this`;
}
