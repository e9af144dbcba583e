import type { ClusterNode } from "./cluster.ts";
import type { MachineFile, MachineUnit } from "./ignition-document.ts";
import { formatEnvironment, formatUnit } from "./unit-text.ts";

/**
 * How a machine gets its secrets. Its Ignition file goes to whoever asks with the right labels, so it
 * holds no secret that lasts: the authority that the daemon is held to, and a token. The token opens
 * the machine's bundle once, from the machine's own address, for so long; the daemon keeps its hash.
 *
 *     POST <joinOrigin>/v1/join     Authorization: Bearer <token>
 *     200 application/x-tar         the bundle: paths from the root, owners by name
 *     401, 403 wrong token, sender  410 used or too late: apply the cluster again
 */
export type JoinTicket = {
  readonly node: string;
  readonly token: string;
  readonly macs: ClusterNode["macs"];
  readonly uuid?: ClusterNode["uuid"];
  readonly address: ClusterNode["address"];
  /** Milliseconds since the epoch. */
  readonly notAfter: number;
};

/** From the rendering on: a rack is powered on and installed in it, and the next day it is worthless. */
export const joinLifetimeMs = 24 * 3_600_000;

/** The path below the daemon's TLS origin. */
const joinPath = "/v1/join";
const doneFile = "/var/lib/kindling/joined";

/** What a machine needs to fetch its bundle. */
export function joinFiles(wish: {
  readonly authority: string;
  readonly origin: string;
  readonly token: string;
  /** Where it tells how far it is, by plain HTTP. */
  readonly reportUrl: string;
}): readonly MachineFile[] {
  const values = { KINDLING_JOIN: `${wish.origin}${joinPath}`, KINDLING_REPORT: wish.reportUrl };
  return [
    { path: "/etc/kindling/ca.crt", mode: 0o644, text: wish.authority },
    { path: "/etc/kindling/join.env", mode: 0o644, text: formatEnvironment(values) },
    // Curl reads it from here: in its arguments every user of the machine could.
    {
      path: "/etc/kindling/join.header",
      mode: 0o600,
      text: `Authorization: Bearer ${wish.token}\n`,
    },
    { path: "/etc/kindling/join.sh", mode: 0o755, text: joinScript },
  ];
}

/** Runs until the bundle is there, and never again. */
export function joinUnit(): MachineUnit {
  const text = formatUnit({
    Unit: {
      Description: "Fetch this machine's certificates, once",
      ConditionPathExists: `!${doneFile}`,
      Wants: "network-online.target",
      After: "network-online.target",
    },
    Service: {
      Type: "oneshot",
      RemainAfterExit: "yes",
      EnvironmentFile: "/etc/kindling/join.env",
      ExecStart: "/bin/sh /etc/kindling/join.sh",
      RuntimeDirectory: "kindling",
      RuntimeDirectoryMode: "0700",
      StateDirectory: "kindling",
      TimeoutStartSec: "infinity",
    },
    Install: { WantedBy: "multi-user.target" },
  });
  return { name: "kindling-join.service", text, enabled: true };
}

// The loop is here and not systemd's: what requires this service would not be tried again.
const joinScript = `#!/bin/sh
# Fetches this machine's bundle by its one-time token, and puts it in place.
set -eu
bundle=/run/kindling/bundle.tar

fetch() (
  umask 077
  curl --silent --show-error --request POST \\
    --cacert /etc/kindling/ca.crt --proto =https --tlsv1.2 \\
    --header @/etc/kindling/join.header \\
    --connect-timeout 10 --max-time 120 \\
    --output "$bundle" --write-out '%{http_code}' "$KINDLING_JOIN"
)

# So that the board shows it as booted, whatever becomes of its keys.
report() {
  curl --silent --show-error --fail --request POST --output /dev/null \\
    --connect-timeout 10 --max-time 20 "$KINDLING_REPORT&stage=up"
}

told=
until
  [ -n "$told" ] || { report && told=yes; }
  status=$(fetch) && [ "$status" = 200 ]
do
  case $status in
    401 | 403 | 410)
      echo "the daemon refuses this machine's token ($status): it was used, is too old or belongs" \\
        "to another machine. Apply the cluster again, or replace this node." >&2
      exit 1 ;;
  esac
  echo "no bundle yet: the daemon answered \${status:-nothing}" >&2
  sleep 10
done

tar --extract --file "$bundle" --directory / --preserve-permissions --same-owner
rm -f "$bundle" /etc/kindling/join.header
: > ${doneFile}
`;
