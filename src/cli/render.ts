import type { Command } from "commander";
import { identifyQuery } from "../boot/identify.ts";
import { ErrorTable, KindlingError } from "../errors.ts";
import { deliverAnswer } from "../http/answer.ts";
import { configAnswers } from "../http/config-answers.ts";
import { scriptAnswers } from "../http/script-answers.ts";
import { systemClock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { FileStore } from "../store/file-store.ts";
import { checkPartial, openTextEngines } from "../text-engines.ts";
import type { CliContext } from "./context.ts";
import { addMachineFlags, readMachineFlags } from "./machine.ts";

/** Adds the flags of `kindling render`. */
export function addRenderFlags(command: Command): Command {
  const what = "ipxe, grub, ignition, cloud, generic, metadata or boot.ipxe";
  return addMachineFlags(command).option("--what <kind>", what, "ipxe");
}

/** `kindling render`: prints what a machine would be told, without a daemon; the why of a refusal goes to stderr. */
export async function runRender(
  options: Readonly<Record<string, unknown>>,
  context: CliContext,
): Promise<number> {
  const { rawQuery, folder, ignitionUpgrade } = await readMachineFlags(options, context);
  const log = logTo(context);
  using catalog = new FileStore({ folder, clock: systemClock, log, checkPartial });
  const texts = openTextEngines(log);
  const deps = { catalog, texts, log, extensions: true, ignitionUpgrade };
  const answers = new Map([...scriptAnswers(deps), ...configAnswers(deps)]);
  const what = String(options["what"]);
  const answer = answers.get(`/${what}`);
  if (answer === undefined) {
    const names = [...answers.keys()].map((path) => path.slice(1)).join(", ");
    throw new KindlingError("usage.invalid", `--what: want one of ${names}, got "${what}"`);
  }
  const { identity, problems } = identifyQuery(rawQuery);
  for (const { kind, text } of problems) log.warn("label ignored", { reason: kind, text });
  const found = await answer({ identity, rawQuery });
  const { status, body } = deliverAnswer(found, {});
  (status === 200 ? context.out : context.error).write(body);
  return status === 200 ? 0 : ErrorTable["catalog.not-found"].exit;
}

function logTo({ error }: CliContext): Log {
  const line = (message: string, fields: Record<string, unknown> = {}) => {
    error.write(`${message}: ${JSON.stringify(fields)}\n`);
  };
  const log: Log = { debug: () => {}, info: line, warn: line, error: line, child: () => log };
  return log;
}
