import type { Command } from "commander";
import { NodeRoles } from "../installer/cluster.ts";
import type { AddFlags } from "./cluster-add-node.ts";
import type { ApplyFlags } from "./cluster-apply.ts";
import type { BootstrapFlags } from "./cluster-bootstrap.ts";
import type { ChangeFlags } from "./cluster-change.ts";
import type { InitFlags } from "./cluster-init.ts";
import type { DestroyFlags, ReplaceFlags } from "./cluster-lifecycle.ts";
import type { RenderFlags } from "./cluster-render.ts";
import type { StatusFlags } from "./cluster-status.ts";
import type { ValidateFlags } from "./cluster-validate.ts";
import type { CliContext } from "./context.ts";
import { addRpcFlags } from "./rpc.ts";

type Act = <Flags>(run: (flags: Flags) => Promise<number>) => (flags: Flags) => Promise<void>;

/**
 * Adds `kindling cluster`; each of its verbs is one row here. What they need is loaded when one of them runs:
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
  addApplied(cluster, context, act);
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

/** What works with clusters that are, or shall be, at the daemon of this host. */
function addApplied(cluster: Command, context: CliContext, act: Act): void {
  const apply = addSiteFlags(
    cluster.command("apply").description("bring the daemon to what one says; shows what changes"),
  ).option("--watch", "stay, and show how far its machines are", false);
  addHouseFlags(addRemoteFlags(apply)).action((file: string, flags: ApplyFlags) =>
    act(async (given: ApplyFlags) => {
      const { runApply } = await import("./cluster-apply.ts");
      return runApply(file, given, context);
    })(flags),
  );
  const status = cluster.command("status").description("how far its machines are");
  const watching = status.argument("<name>", "the cluster").option("--watch", "stay", false);
  addHouseFlags(watching.option("--config <file>", "settings of the daemon")).action(
    (name: string, flags: StatusFlags) =>
      act(async (given: StatusFlags) => {
        const { runStatus } = await import("./cluster-status.ts");
        return runStatus(name, given, context);
      })(flags),
  );
  addNodeVerbs(cluster, context, act);
  addLifecycle(cluster, context, act);
}

/** What changes the description of a cluster that was applied, by one machine. */
function addNodeVerbs(cluster: Command, context: CliContext, act: Act): void {
  const verb = (words: string, description: string) => {
    const command = cluster.command(words).description(description).argument("<cluster>");
    const own = "your own copy of the description, changed likewise";
    return addHouseFlags(addRemoteFlags(addPlaceFlags(command))).option("--file <file>", own);
  };
  const role = cluster.createOption("--role <role>", "what it is in the cluster");
  verb("add-node", "a machine more: its row, and what comes of it")
    .addOption(role.choices([...NodeRoles]).makeOptionMandatory())
    .requiredOption("--name <name>", "its host name, one label")
    .requiredOption("--address <address>", "its IPv4 address")
    .option("--mac <mac...>", "MAC addresses of its cards; the first is the one it boots by")
    .option("--uuid <uuid>", "its UUID, where no MAC address is known")
    .option("--disk <rule>", "which disk is written, as descriptions have it")
    .option("--bmc <address>", "where its management controller is")
    .option("--watch", "stay, show how far it is, and give a controller its vote in etcd", false)
    .action((name: string, flags: AddFlags) =>
      act(async (given: AddFlags) => {
        const { runAddNode } = await import("./cluster-add-node.ts");
        return runAddNode(name, given, context);
      })(flags),
    );
  verb("remove-node", "a machine less: out of etcd, and all goes that it has here")
    .argument("<node>", "the machine's name")
    .action((name: string, node: string, flags: ChangeFlags) =>
      act(async (given: ChangeFlags) => {
        const { runRemoveNode } = await import("./cluster-remove-node.ts");
        return runRemoveNode([name, node], given, context);
      })(flags),
    );
}

function addRemoteFlags(command: Command): Command {
  const what = "put groups, profiles and Ignition into the matchbox of --endpoints";
  return addRpcFlags(command.option("--remote", what, false), "/etc/kindling/tls");
}

function addLifecycle(cluster: Command, context: CliContext, act: Act): void {
  const verb = (words: string, description: string) =>
    addHouseFlags(
      cluster.command(words).description(description).argument("<name>", "the cluster"),
    ).option("--config <file>", "settings of the daemon");
  verb("replace-node", "install a machine anew, with new keys")
    .argument("<node>", "the machine's name")
    .option("--origin <url>", "where machines reach it by HTTP; by default from the settings")
    .action((name: string, node: string, flags: ReplaceFlags) =>
      act(async (given: ReplaceFlags) => {
        const { runReplace } = await import("./cluster-lifecycle.ts");
        return runReplace([name, node], given, context);
      })(flags),
    );
  verb("bootstrap", "tell the API of the cluster what is due, once; 75: come again").action(
    (name: string, flags: BootstrapFlags) =>
      act(async (given: BootstrapFlags) => {
        const { runBootstrap } = await import("./cluster-bootstrap.ts");
        return runBootstrap(name, given, context);
      })(flags),
  );
  verb("destroy", "take it away from the daemon, keys included; machines stay as they are").action(
    (name: string, flags: DestroyFlags) =>
      act(async (given: DestroyFlags) => {
        const { runDestroy } = await import("./cluster-lifecycle.ts");
        return runDestroy(name, given, context);
      })(flags),
  );
  verb("kubeconfig", "print the administrator's log-in").action(
    (name: string, flags: DestroyFlags) =>
      act(async (given: DestroyFlags) => {
        const { runKubeconfig } = await import("./cluster-lifecycle.ts");
        return runKubeconfig(name, given, context);
      })(flags),
  );
}

function addHouseFlags(command: Command): Command {
  const output = command.createOption("-o, --output <format>", "how to print it");
  return command
    .option("--socket <path>", "ask the daemon here, instead of the setting admin.socket")
    .option("--yes", "do it, also where something changes or goes", false)
    .addOption(output.choices(["table", "json"]).default("table"));
}

function addSiteFlags(command: Command): Command {
  return addPlaceFlags(command.argument("<file>", "the description, cluster.yaml"));
}

function addPlaceFlags(command: Command): Command {
  const join = "where they fetch their secrets by HTTPS; port 8444 of the same host by default";
  return command
    .option("--config <file>", "settings of the daemon that will serve it")
    .option("--origin <url>", "where machines reach it by HTTP; by default from the settings")
    .option("--join-origin <url>", join)
    .option("--mirror <url>", "the LAN's mirror of container registries");
}
