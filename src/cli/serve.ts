import { configFileOf, formatProblems, loadConfig } from "../config/load.ts";
import { runDaemon } from "../daemon.ts";
import { KindlingError } from "../errors.ts";
import type { CliContext } from "./context.ts";
import type { SettingFlags } from "./settings.ts";

/** `kindling serve`: runs the daemon until it is told to stop. */
export async function runServe(settings: SettingFlags, context: CliContext): Promise<number> {
  const { version, environment, signal, onHangup } = context;
  const reload = () => loadConfig({ ...settings, environment });
  const resolution = await reload();
  if (resolution.kind === "invalid") {
    throw new KindlingError("config.invalid", `bad configuration\n${formatProblems(resolution)}`);
  }
  if (resolution.config.interfaces.length === 0) {
    const cure = "name one with --interface eth1 or the setting interfaces";
    throw new KindlingError("config.invalid", `no interface is named: ${cure}`);
  }
  const configFile = configFileOf({ ...settings, environment });
  const daemon = { version, reload, configFile, environment, signal, onHangup };
  try {
    await runDaemon({ ...daemon, configuration: resolution });
  } catch (error) {
    // Told to stop while it still opened its parts, which then stop opening by the signal's reason.
    if (!signal.aborted || error !== signal.reason) throw error;
  }
  return 0;
}
