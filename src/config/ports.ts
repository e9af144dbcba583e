import type { PortHolder } from "../runtime/port-holder.ts";
import type { Config } from "./schema.ts";

/** A port the daemon will want, and the setting that gives it up. */
export type WantedPort = {
  readonly use: string;
  readonly protocol: "udp" | "tcp";
  readonly port: number;
  readonly cure: string;
};

/** The ports a configuration asks for. */
export function wantedPorts(config: Config): readonly WantedPort[] {
  const ports: WantedPort[] = [];
  if (config.dhcp.mode !== "off") {
    const cure = 'set dhcp.mode to "off"';
    ports.push({ use: "DHCP", protocol: "udp", port: 67, cure });
    ports.push({ use: "ProxyDHCP", protocol: "udp", port: 4011, cure });
  }
  if (config.ipv6.dhcp === "stateless" || config.ipv6.dhcp === "stateful") {
    const cure = 'set ipv6.dhcp to "off"';
    ports.push({ use: "DHCPv6", protocol: "udp", port: 547, cure });
  }
  if (config.tftp.enabled) {
    ports.push({
      use: "TFTP",
      protocol: "udp",
      port: config.tftp.port,
      cure: "set tftp.enabled to false",
    });
  }
  if (config.dns.enabled) {
    const cure = "set dns.enabled to false";
    ports.push({ use: "DNS", protocol: "udp", port: config.dns.port, cure });
    ports.push({ use: "DNS", protocol: "tcp", port: config.dns.port, cure });
  }
  ports.push({
    use: "HTTP",
    protocol: "tcp",
    port: config.http.port,
    cure: "set another http.port",
  });
  if (config.rpc.port !== 0) {
    const cure = "set another rpc.port, or 0 for none";
    ports.push({ use: "gRPC", protocol: "tcp", port: config.rpc.port, cure });
  }
  if (config.oci.port !== 0) {
    const cure = "set another oci.port, or 0 for none";
    ports.push({ use: "OCI", protocol: "tcp", port: config.oci.port, cure });
  }
  return ports;
}

/** The sentence for a taken port: who holds it and the cure. */
export function describeHolder(wanted: WantedPort, holders: readonly PortHolder[]): string {
  const who = holders.map(({ name, pid }) => `${name}, pid ${pid}`).join("; ");
  const port = `${wanted.protocol.toUpperCase()} ${wanted.port}`;
  return `${port} (${wanted.use}) is held by ${who || "another program"}: stop it, or ${wanted.cure}`;
}
