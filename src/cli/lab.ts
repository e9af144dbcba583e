import { type Command, Option } from "commander";
import { KindlingError } from "../errors.ts";
import type { LabOptions } from "../lab/run.ts";
import type { CliContext } from "./context.ts";

/** More machines than this do not fit one computer's patience. */
const machineLimit = 60;

/** Adds the flags of `kindling lab`. */
export function addLabFlags(command: Command): Command {
  const firmware = new Option("--firmware <kind>", "the machines' firmware");
  return command
    .addOption(firmware.choices(["bios", "uefi"]).default("bios"))
    .option("--machines <n>", `how many machines to power on, at most ${machineLimit}`, "1")
    .option("--once", "end when every machine reported (0) or the time is up (1)", false)
    .option("--timeout <seconds>", "how long to wait for the machines", "240")
    .option("--pcap <file>", "capture the virtual LAN into this file")
    .option("--port <port>", "loopback port of the daemon's admin API; 0 takes a free one", "0")
    .option("--json", "one JSON object a line instead of the picture", false);
}

/** `kindling lab`: a virtual LAN, this daemon and machines that boot from it. */
export async function runLabCommand(
  options: Readonly<Record<string, unknown>>,
  context: CliContext,
): Promise<number> {
  const number = (name: string, most: number) => readNumber(name, options[name], most);
  const { pcap } = options;
  const lab: LabOptions = {
    firmware: options["firmware"] === "uefi" ? "uefi" : "bios",
    machines: number("machines", machineLimit),
    once: options["once"] === true,
    json: options["json"] === true,
    timeoutSeconds: number("timeout", 86_400),
    port: number("port", 65_535),
    ...(typeof pcap === "string" && { pcap }),
  };
  const { environment, signal, out, uid } = context;
  const { runLab } = await import("../lab/run.ts"); // the daemon needs nothing of the lab
  return await runLab(lab, { environment, signal, out, uid });
}

function readNumber(name: string, given: unknown, most: number): number {
  const value = Number(given);
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  const want = `want a whole number up to ${most}`;
  throw new KindlingError("usage.invalid", `--${name}: ${want}, got "${String(given)}"`);
}
