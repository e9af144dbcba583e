import type { Command } from "commander";
import { NodeRoles } from "../installer/cluster.ts";
import type { InitFlags } from "./cluster-init.ts";
import type { RenderFlags } from "./cluster-render.ts";
import type { ValidateFlags } from "./cluster-validate.ts";
import type { CliContext } from "./context.ts";

type Act = <Flags>(run: (flags: Flags) => Promise<number>) => (flags: Flags) => Promise<void>;

/**
 * Adds `kindling cluster init`, `validate` and `render`. What they need is loaded when one of them runs:
 * the daemon starts without it.
 */
export function addClusterCommands(program: Command, context: CliContext, act: Act): void {
  const cluster = program.command("cluster").description("machines that become a cluster");
  addInit(cluster).action((flags: InitFlags) =>
    act(async (given: InitFlags) => {
      const { runInit } = await import("./cluster-init.ts");
      return runInit(given, context);
    })(flags),
  );
  addValidate(cluster).action((file: string, flags: ValidateFlags) =>
    act(async (given: ValidateFlags) => {
      const { runValidate } = await import("./cluster-validate.ts");
      return runValidate(file, given, context);
    })(flags),
  );
  addRender(cluster).action((file: string, flags: RenderFlags) =>
    act(async (given: RenderFlags) => {
      const { runRenderCluster } = await import("./cluster-render.ts");
      return runRenderCluster(file, given, context);
    })(flags),
  );
}

function addInit(cluster: Command): Command {
  const role = cluster.createOption("--role <role>", "of machines of which the list says none");
  return cluster
    .command("init")
    .description("print a cluster.yaml to begin with")
    .option("--from-tfvars <file>", "make it of the old metal platform's terraform.tfvars")
    .option("--from-csv <file>", "make it of a list of machines")
    .option("--column <field=column...>", "which column of the list holds what", [])
    .addOption(role.choices([...NodeRoles]).default("worker"))
    .option("--first-address <address>", "give machines consecutive addresses from this one on");
}

function addValidate(cluster: Command): Command {
  const output = cluster.createOption("-o, --output <format>", "how to print it");
  return addSiteFlags(
    cluster.command("validate").description("tell all that is wrong with one"),
  ).addOption(output.choices(["table", "json"]).default("table"));
}

function addRender(cluster: Command): Command {
  const what = "write everything that one becomes, and apply nothing";
  const output = cluster.createOption("-o, --output <format>", "how to print what was written");
  return addSiteFlags(cluster.command("render").description(what))
    .option("--to <folder>", "into this folder, which is made")
    .option("--zip <file>", "into this archive")
    .option("--secrets <file>", "keep keys and tokens here from one run to the next")
    .option("--renew", "make new certificates and tokens under the same authorities", false)
    .addOption(output.choices(["table", "json"]).default("table"));
}

function addSiteFlags(command: Command): Command {
  const join = "where they fetch their secrets by HTTPS; port 8443 of the same host by default";
  return command
    .argument("<file>", "the description, cluster.yaml")
    .option("--config <file>", "settings of the daemon that will serve it")
    .option("--origin <url>", "where machines reach it by HTTP; by default from the settings")
    .option("--join-origin <url>", join)
    .option("--mirror <url>", "the LAN's mirror of container registries");
}
