import { broadcastOf, subnetMask } from "../wire/subnet.ts";
import type { OptionEntry } from "./boot-fields.ts";
import { withDefaultRoute } from "./classless-route.ts";
import type { ClientContext } from "./client-context.ts";
import { ruleOf } from "./option-layer.ts";
import { optionRow } from "./option-table.ts";
import { OptionCode } from "./options.ts";
import { addressBytes } from "./reply.ts";
import type { DhcpRequest } from "./request.ts";

/**
 * What the link's configuration and the operator's options say, for the client's parameter list:
 * those listed, in the client's order, but the mask before the router (RFC 2132 §3.3) and both
 * whether listed or not, as a client without them is deaf; all of them when there is no list.
 */
export function linkOptions(request: DhcpRequest, context: ClientContext): readonly OptionEntry[] {
  const { layers } = context;
  const { wanted } = request;
  const built = builtOptions(context);
  const told = (code: number): Uint8Array | undefined => {
    const rule = ruleOf(code, layers);
    if (rule === undefined) return built.get(code);
    return rule.kind === "value" ? rule.bytes : undefined;
  };
  const values = new Map<number, Uint8Array>();
  for (const code of codesFor(request, context, built)) {
    const row = optionRow(code);
    if (row?.netboot || (row?.listedOnly && !wanted.includes(code))) continue;
    const value = told(code);
    if (value !== undefined) values.set(code, value);
  }
  return [...routed(values, request, told)];
}

function builtOptions({ scope, reservation }: ClientContext): ReadonlyMap<number, Uint8Array> {
  const hostname = reservation?.hostname;
  const built = new Map([
    [OptionCode.subnetMask as number, addressBytes(subnetMask(scope.subnet))],
  ]);
  if (scope.router !== undefined) built.set(OptionCode.router, addressBytes(scope.router));
  if (scope.dns.length > 0) built.set(OptionCode.dnsServers, addressBytes(...scope.dns));
  if (hostname !== undefined) built.set(OptionCode.hostName, Buffer.from(hostname));
  if (scope.domain !== undefined) built.set(OptionCode.domainName, Buffer.from(scope.domain));
  built.set(OptionCode.broadcastAddress, addressBytes(broadcastOf(scope.subnet)));
  return built;
}

function codesFor(
  { wanted }: DhcpRequest,
  { layers }: ClientContext,
  built: ReadonlyMap<number, Uint8Array>,
): ReadonlySet<number> {
  const set = layers.flatMap((layer) => [...layer]);
  const always = set.filter(([, rule]) => rule.kind === "value" && rule.always);
  const listed = wanted.length > 0 ? wanted : [...built.keys(), ...set.map(([code]) => code)];
  const forced = always.map(([code]) => code);
  return new Set([OptionCode.subnetMask, ...listed, OptionCode.router, ...forced]);
}

/**
 * RFC 3442: a client that lists option 121 and gets it takes nothing from options 3 and 33, so they
 * stay out and the default route goes in. Old Windows lists 249 for the same value.
 */
function routed(
  values: Map<number, Uint8Array>,
  { wanted }: DhcpRequest,
  told: (code: number) => Uint8Array | undefined,
): ReadonlyMap<number, Uint8Array> {
  const routes = told(OptionCode.classlessRoutes);
  if (routes === undefined) return values;
  const whole = withDefaultRoute(routes, told(OptionCode.router));
  const { classlessRoutes, microsoftRoutes } = OptionCode;
  if (wanted.includes(microsoftRoutes)) {
    values.set(microsoftRoutes, told(microsoftRoutes) ?? whole);
  }
  if (wanted.includes(classlessRoutes)) {
    values.set(classlessRoutes, whole);
    values.delete(OptionCode.router);
    values.delete(OptionCode.staticRoutes);
  }
  return values;
}
