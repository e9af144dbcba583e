/** A foreign address server for a host of the lab, which says nothing of booting. */
// --user, --group=: dnsmasq would become another user, whom the run folder keeps out.
export const foreignDhcp = [
  ...["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--log-facility=-"],
  ...["--user=root", "--group=", "--port=0", "--no-ping", "--interface=eth0", "--bind-interfaces"],
  ...["--pid-file=", "--dhcp-leasefile=/run/foreign.leases"],
  "--dhcp-range=10.77.0.200,10.77.0.250,255.255.255.0,10m",
];
