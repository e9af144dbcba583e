import { labNet } from "./lab-config.ts";
import { ip, openVirtualLan, type VirtualLan } from "./virtual-lan.ts";

//   server 10.77.0.1 ── br0 ── eth0 10.77.0.2  relay  eth1 10.88.0.1 ── br1 ── machines
//
/**
 * A second bridge behind a router, for machines that reach the server only through it. It routes from
 * the start; who passes DHCP on is started there by the caller. Needs the server's host on the LAN.
 */
export async function openFarLink(near: VirtualLan): Promise<VirtualLan> {
  const { bridge, routerHost, nearRouter, router, subnet } = labNet.far;
  await using opening = new AsyncDisposableStack();
  await near.addHost(routerHost, `${nearRouter}/24`);
  const lan = opening.use(await openVirtualLan(bridge));
  await ip(`link add leg type veth peer name eth1 netns ${routerHost}`);
  opening.defer(() => ip("link del leg"));
  await ip(`link set leg master ${bridge} up`);
  await ip(`-n ${routerHost} addr add ${router}/24 brd + dev eth1`);
  await ip(`-n ${routerHost} link set eth1 up`);
  await ip(`netns exec ${routerHost} sysctl -qw net.ipv4.ip_forward=1`);
  await ip(`-n ${labNet.serverHost} route add ${subnet} via ${nearRouter}`);
  const closing = opening.move();
  return { ...lan, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}
