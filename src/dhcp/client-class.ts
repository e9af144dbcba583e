import type { Cpu, FirmwareKind } from "../boot/firmware.ts";
import type { BootStage } from "../boot/machine.ts";
import type { OptionLayer } from "./option-layer.ts";
import type { DhcpRequest } from "./request.ts";
import type { AddressPool, DhcpScope } from "./settings.ts";

/** What a class of clients has in common: each test that is given must hold. */
export type ClientClassRule = {
  readonly name: string;
  readonly firmware?: readonly FirmwareKind[];
  readonly cpu?: readonly Cpu[];
  readonly stage?: readonly BootStage["kind"][];
  /** A machine with a reservation, or one without. */
  readonly known?: boolean;
  /** What option 60 begins with. */
  readonly vendorClass?: string;
  /** One of option 77, in lower case. */
  readonly userClass?: string;
  /** Option 82.1 and 82.2 in hexadecimal digits. */
  readonly circuitId?: string;
  readonly remoteId?: string;
  /** What the members get besides. */
  readonly options?: OptionLayer;
  readonly leaseSeconds?: number;
};

/** The classes that a client is in, in the order of the configuration. */
export function classesOf(
  request: DhcpRequest,
  known: boolean,
  rules: readonly ClientClassRule[],
): readonly ClientClassRule[] {
  return rules.filter((rule) => fits(rule, request, known));
}

function fits(rule: ClientClassRule, { client, relay }: DhcpRequest, known: boolean): boolean {
  const { firmware, cpu, stage, vendorClass = "", userClass, circuitId, remoteId } = rule;
  if (rule.known !== undefined && rule.known !== known) return false;
  if (stage && !stage.includes(client.stage.kind)) return false;
  if (firmware && !(client.arch && firmware.includes(client.arch.firmware))) return false;
  if (cpu && !(client.arch && cpu.includes(client.arch.cpu))) return false;
  if (!client.vendorClass.startsWith(vendorClass)) return false;
  if (userClass !== undefined && !client.userClasses.includes(userClass)) return false;
  if (circuitId !== undefined && relay?.circuitId !== circuitId) return false;
  return remoteId === undefined || relay?.remoteId === remoteId;
}

/** The subnet as members of these classes see it: without the pools that are kept for others. */
export function poolsFor(scope: DhcpScope, classes: readonly ClientClassRule[]): DhcpScope {
  const open = ({ classes: only }: AddressPool) =>
    only === undefined || classes.some(({ name }) => only.includes(name));
  return scope.pools.every(open) ? scope : { ...scope, pools: scope.pools.filter(open) };
}
