/**
 * What keeps a machine's routes to the pods of others, in the words that every image has: sh, awk, curl, ip.
 * Only routes of one protocol's number are touched. Where the API does not answer, they stay as they are.
 */
export const podRoutesScript = `#!/bin/sh
# Keeps a route to the pods of each other machine of the cluster. Routes of this protocol are its own.
set -eu
LC_ALL=C
export LC_ALL
protocol=75
seconds=15
login=/var/lib/kubelet/pki/kubelet-client-current.pem
work=\${RUNTIME_DIRECTORY:-/run/kindling-pod-routes}
self=$(cat /etc/hostname)

ask() {
  curl --silent --show-error --fail --get --output "$work/page" \\
    --cacert /etc/kubernetes/ca.crt --cert "$login" --key "$login" --proto =https --tlsv1.2 \\
    --connect-timeout 5 --max-time 60 --max-filesize 33554432 \\
    --data limit=200 --data pretty=false --data-urlencode "continue=$1" "$KINDLING_API/api/v1/nodes"
}

# Lines "network gateway", sorted, of all machines but this one.
list() {
  : > "$work/found"
  more=
  while :; do
    ask "$more" || return 1
    awk -v self="$self" -v pods="$KINDLING_PODS" -f /etc/kindling/pod-routes.awk \\
      "$work/page" > "$work/lines" || return 1
    sed '/^more /d' "$work/lines" >> "$work/found"
    more=$(sed -n 's/^more //p' "$work/lines")
    [ -n "$more" ] || break
  done
  sort -u "$work/found" > "$work/wanted"
}

keep() {
  ip -4 route show proto $protocol | awk '{ print $1, $3 }' | sort > "$work/present"
  cut -d ' ' -f 1 "$work/wanted" > "$work/networks"
  cut -d ' ' -f 1 "$work/present" > "$work/old"
  comm -13 "$work/networks" "$work/old" | while read -r network; do
    ip -4 route del "$network" proto $protocol || continue
    echo "no route to $network any more"
  done
  comm -23 "$work/wanted" "$work/present" | while read -r network gateway; do
    # Somebody else's route to that network stays, and the trouble is told.
    verb=add
    ! grep -qxF "$network" "$work/old" || verb=replace
    if ip -4 route $verb "$network" via "$gateway" proto $protocol; then
      echo "$network by $gateway"
    else
      echo "no route to $network by $gateway: machines have to share one link" >&2
    fi
  done
}

told=
while :; do
  if [ ! -f "$login" ]; then
    [ -n "$told" ] || echo "waits for the kubelet's certificate"
    told=yes
  elif list; then
    keep
  fi
  [ "\${1:-}" != once ] || exit 0
  sleep $seconds
done
`;

/**
 * Reads the list of nodes. Records end at quotes, so that they are by turns what is between texts and a text; the
 * path to each is known by the keys of the depths above it. A machine may say of itself what it likes: only IPv4
 * addresses, and networks inside that of the pods, come out.
 */
export const podRoutesAwk = `# GET /api/v1/nodes: "network gateway" of each machine but \`self\`, and "more TOKEN".
function number(address, part, count, i, sum) {
  count = split(address, part, ".")
  if (count != 4) return -1
  for (i = 1; i <= 4; i++) {
    if (part[i] !~ /^[0-9]+$/ || length(part[i]) > 3 || part[i] + 0 > 255) return -1
    sum = sum * 256 + part[i]
  }
  return sum
}
function inside(network, whole, a, b, size, bits) {
  if (split(network, a, "/") != 2 || split(whole, b, "/") != 2) return 0
  if (number(a[1]) < 0 || a[2] !~ /^[0-9]+$/ || a[2] + 0 < b[2] + 0 || a[2] + 0 > 32) return 0
  size = 1
  for (bits = b[2] + 0; bits < 32; bits++) size *= 2
  return int(number(a[1]) / size) == int(number(b[1]) / size)
}
function opened() {
  depth++
  key[depth] = ""
  if (key[1] != "items") return
  if (depth == 3) name = network = gateway = ""
  if (depth == 6) kind = address = ""
}
function closed() {
  if (key[1] == "items") {
    if (depth == 6 && key[3] == "status" && key[4] == "addresses")
      if (kind == "InternalIP" && gateway == "" && number(address) >= 0) gateway = address
    if (depth == 3 && name != self && gateway != "" && inside(network, pods)) print network, gateway
  }
  depth--
}
function told(value) {
  if (depth == 1 && key[1] == "kind") isList = value == "NodeList"
  if (depth == 2 && key[1] == "metadata" && key[2] == "continue") more = value
  if (key[1] != "items") return
  if (depth == 4 && key[3] == "metadata" && key[4] == "name") name = value
  if (depth == 4 && key[3] == "spec" && key[4] == "podCIDR") network = value
  if (depth == 6 && key[6] == "type") kind = value
  if (depth == 6 && key[6] == "address") address = value
}
BEGIN { RS = "\\""; FS = "\\n" }
isText {
  text = text $0
  match($0, /\\\\*$/)
  if (RLENGTH % 2) text = text "\\""
  else isText = 0
  next
}
{
  rest = $0
  while (match(rest, /[][{}:,]/)) {
    sign = substr(rest, RSTART, 1)
    rest = substr(rest, RSTART + 1)
    if (isPending && sign == ":") key[depth] = text
    else if (isPending) told(text)
    isPending = 0
    if (sign == "{" || sign == "[") opened()
    if (sign == "}" || sign == "]") closed()
  }
  text = ""
  isText = isPending = 1
}
END {
  if (more != "") print "more " more
  if (!isList || depth != 0) exit 1
}
`;
