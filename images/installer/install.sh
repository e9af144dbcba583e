#!/bin/sh
# Installs a disk image on this machine: chooses a disk, writes the image to it, leaves the Ignition
# configuration of the first boot on it, tells its progress, restarts. For any live system with curl,
# util-linux, udev and the decompressor of the image; POSIX sh.
#
#   install.sh [ENVIRONMENT]      installs; settings from /etc/kindling/install.env by default
#   install.sh probe              prints the disks of this machine, one a line
#   install.sh choose RULE        reads such lines, prints the path of the disk that the rule means
#
# Settings, as KEY=VALUE lines:
#   KINDLING_MACHINE          name of this machine in what it tells: its MAC with dashes
#   KINDLING_IMAGE_URL        the image
#   KINDLING_IMAGE_FORMAT     raw, raw.gz, raw.zst, raw.xz or raw.bz2
#   KINDLING_IMAGE_SHA256     checksum of the image as it is written, uncompressed
#   KINDLING_DISK_RULE        smallest | first:GB | path:/dev/… | by-id:NAME | serial:TEXT
#   KINDLING_IGNITION_URL     configuration of the first boot; without it none is written
#   KINDLING_PROGRESS_URL     gets {"machine","stage","bytes","total","message"}; without it nothing is told
#   KINDLING_THEN             reboot (default) or stay
#
# The first MiB of the image, with its boot sector and partition table, is written last, once the
# checksum was right: a disk starts by itself only when all of it is good.
set -u

tab=$(printf '\t')
stage=probing
mib=1048576
work=${TMPDIR:-/run}/kindling-install

main() {
  case ${1:-} in
    choose) choose_disk "${2:-}" ;;
    probe) probe_disks ;;
    *) install_image "${1:-/etc/kindling/install.env}" ;;
  esac
}

install_image() {
  read_settings "$1"
  rm -rf "$work" && mkdir -p "$work" || fail "cannot make $work"
  tell probing 0 0 "$(describe_machine)"
  probe_disks > "$work/disks"
  tell choosing 0 0 "rule $KINDLING_DISK_RULE over $(wc -l < "$work/disks") disks"
  disk=$(choose_disk "$KINDLING_DISK_RULE" < "$work/disks" 2> "$work/why") || fail "$(cat "$work/why")"
  # Whatever can be missing is fetched before anything is lost.
  [ -z "$KINDLING_IGNITION_URL" ] || fetch_configuration
  total=$(image_bytes)
  tell choosing 0 "$total" "erasing $(describe_disk "$disk")"
  write_image
  [ -z "$KINDLING_IGNITION_URL" ] || leave_configuration
  tell_installed
  [ "$KINDLING_THEN" = stay ] || restart
}

# --- settings -------------------------------------------------------------------------------------------

# Not sourced: a URL with & in it is no command, whoever wrote the file.
read_settings() {
  for name in MACHINE IMAGE_URL IMAGE_FORMAT IMAGE_SHA256 DISK_RULE IGNITION_URL PROGRESS_URL THEN; do
    eval "KINDLING_$name=\${KINDLING_$name:-}"
  done
  [ -r "$1" ] || fail "want settings in $1, got no such file"
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in KINDLING_*=*) ;; *) continue ;; esac
    name=${line%%=*}
    value=${line#*=}
    case $value in
      \"*\") value=${value#\"} value=${value%\"} ;;
      \'*\') value=${value#\'} value=${value%\'} ;;
    esac
    case $name in *[!A-Z0-9_]*) continue ;; esac
    eval "$name=\$value"
  done < "$1"
  for name in MACHINE IMAGE_URL IMAGE_SHA256 DISK_RULE; do
    eval "value=\$KINDLING_$name"
    [ -n "$value" ] || fail "want KINDLING_$name in $1, got none"
  done
  case $KINDLING_IMAGE_SHA256 in *[!0-9a-f]*) fail "want KINDLING_IMAGE_SHA256 as hexadecimal digits" ;; esac
  [ ${#KINDLING_IMAGE_SHA256} -eq 64 ] || fail "want 64 digits in KINDLING_IMAGE_SHA256, got ${#KINDLING_IMAGE_SHA256}"
  decompressor=$(decompressor_of "${KINDLING_IMAGE_FORMAT:-raw}") ||
    fail "want KINDLING_IMAGE_FORMAT raw, raw.gz, raw.zst, raw.xz or raw.bz2, got $KINDLING_IMAGE_FORMAT"
  command -v "$decompressor" > /dev/null || fail "this live system has no $decompressor, which the image wants"
}

decompressor_of() {
  case $1 in
    raw) echo cat ;;
    raw.gz) echo gzip ;;
    raw.zst) echo zstd ;;
    raw.xz) echo xz ;;
    raw.bz2) echo bzip2 ;;
    *) return 1 ;;
  esac
}

# --- the disk -------------------------------------------------------------------------------------------

# One disk a line, apart by tabs: path, bytes, removable, read-only, in use (each 0 or 1), serial number,
# names below /dev/disk/by-id apart by commas. What is not known is a dash. In the kernel's own order.
probe_disks() {
  for entry in /sys/block/*; do
    name=${entry##*/}
    case $name in loop* | ram* | zram* | sr* | fd* | dm-* | md* | nbd* | mtd*) continue ;; esac
    printf '%s %s\n' "${#name}" "$name"
  done | sort -k1,1n -k2 | while read -r _ name; do
    bytes=$(($(cat "/sys/block/$name/size") * 512))
    [ "$bytes" -gt 0 ] || continue
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "/dev/$name" "$bytes" "$(is_removable "$name")" \
      "$(cat "/sys/block/$name/ro")" "$(is_in_use "$name")" "$(serial_of "$name")" "$(ids_of "$name")"
  done
}

# A disk behind USB says that it is not removable; people pull it out all the same.
is_removable() {
  case $(readlink -f "/sys/block/$1") in */usb[0-9]*) echo 1 ;; *) cat "/sys/block/$1/removable" ;; esac
}

is_in_use() {
  if grep -qE "^/dev/$1(p?[0-9]+)? " /proc/mounts /proc/swaps; then echo 1; else echo 0; fi
}

serial_of() {
  for file in "/sys/block/$1/serial" "/sys/block/$1/device/serial"; do
    [ -r "$file" ] || continue
    serial=$(tr -d '\t\n' < "$file" | sed 's/^ *//; s/ *$//')
    [ -z "$serial" ] || { echo "$serial"; return; }
  done
  serial=$(lsblk -dno SERIAL "/dev/$1" 2> /dev/null | sed 's/^ *//; s/ *$//')
  echo "${serial:--}"
}

ids_of() {
  ids=
  for link in /dev/disk/by-id/*; do
    [ "$(readlink -f "$link")" = "/dev/$1" ] && ids=${ids:+$ids,}${link##*/}
  done
  echo "${ids:--}"
}

# The decision: lines of probe_disks on stdin, the rule as argument; the path, or why there is none.
# A rule that picks by size passes over what people plug in and out; one that names a disk does not.
choose_disk() {
  rule=$1
  want=${rule#*:}
  case $rule in
    smallest) ;;
    path:/* | by-id:?* | serial:?*) ;;
    first:*) case $want in '' | *[!0-9]*) bad_rule "$rule"; return 1 ;; esac ;;
    *) bad_rule "$rule"; return 1 ;;
  esac
  # By its own link, a path is the disk that the link leads to.
  case $rule in path:*) [ ! -e "$want" ] || want=$(readlink -f "$want") ;; esac
  chosen= chosen_bytes=0 chosen_state= seen=
  while IFS=$tab read -r path bytes removable readonly used serial ids; do
    seen="$seen${seen:+, }$path ($bytes bytes, serial $serial)"
    state=free
    [ "$used" = 0 ] || state="in use by this live system"
    [ "$readonly" = 0 ] || state=read-only
    case $rule in
      smallest | first:*) [ "$removable$readonly$used" = 000 ] || continue ;;
    esac
    case $rule in
      smallest) [ -z "$chosen" ] || [ "$bytes" -lt "$chosen_bytes" ] || continue ;;
      first:*) [ -z "$chosen" ] && [ "$bytes" -ge $((want * 1000000000)) ] || continue ;;
      path:*) [ "$path" = "$want" ] || continue ;;
      serial:*) [ "$serial" = "$want" ] || continue ;;
      by-id:*) case ",$ids," in *",$want,"*) ;; *) continue ;; esac ;;
    esac
    case $rule in
      path:* | by-id:* | serial:*)
        [ -z "$chosen" ] || { echo "rule $rule means both $chosen and $path: name one by path" >&2; return 1; } ;;
    esac
    chosen=$path chosen_bytes=$bytes chosen_state=$state
  done
  [ -n "$chosen" ] || { echo "no disk fits the rule $rule; there are: ${seen:-none}" >&2; return 1; }
  [ "$chosen_state" = free ] || { echo "$chosen, which the rule $rule means, is $chosen_state" >&2; return 1; }
  echo "$chosen"
}

bad_rule() {
  echo "want the rule smallest, first:GB, path:/dev/…, by-id:NAME or serial:TEXT, got '$1'" >&2
}

describe_machine() {
  memory=$(($(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo) / 1024))
  model=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
  echo "$memory MiB of memory, $(grep -c '^processor' /proc/cpuinfo) processors ${model:-of unknown kind}"
}

describe_disk() {
  grep "^$1$tab" "$work/disks" | while IFS=$tab read -r path bytes _ _ _ serial ids; do
    echo "$path: $bytes bytes, serial $serial, by-id $ids"
  done
}

# --- the image ------------------------------------------------------------------------------------------

image_bytes() {
  fetch --head "$KINDLING_IMAGE_URL" 2> /dev/null |
    tr -d '\r' | sed -n 's/^[Cc]ontent-[Ll]ength: //p' | tail -n 1 | grep -E '^[0-9]+$' || echo 0
}

# A server that falls silent is given up after a minute.
fetch() {
  curl --fail --silent --show-error --location --connect-timeout 20 --speed-limit 1 --speed-time 60 "$@"
}

write_image() {
  tell writing 0 "$total" "to $disk"
  bytes=$(grep "^$disk$tab" "$work/disks" | cut -f 2)
  dd if=/dev/zero of="$disk" bs=$mib count=1 conv=fsync 2> "$work/why" || fail "$disk: $(tail -n 1 "$work/why")"
  dd if=/dev/zero of="$disk" bs=$mib seek=$((bytes / mib - 1)) count=1 conv=notrunc,fsync 2> "$work/why" ||
    fail "$disk: $(tail -n 1 "$work/why")"
  mkfifo "$work/stream" "$work/copy"
  sha256sum < "$work/copy" > "$work/sum" &
  summing=$!
  fetch "$KINDLING_IMAGE_URL" > "$work/stream" 2> "$work/curl" &
  fetching=$!
  watch_bytes $fetching &
  watching=$!
  { decompress < "$work/stream" 2> "$work/unpack" || echo "$?" > "$work/unpack.code"; } |
    tee "$work/copy" | write_stream
  written=$?
  wait $fetching
  fetched=$?
  wait $summing
  kill $watching 2> /dev/null
  [ $fetched -eq 0 ] || [ $written -ne 0 ] || fail "fetching $KINDLING_IMAGE_URL: $(cat "$work/curl"); nothing on $disk starts; try again"
  [ ! -f "$work/unpack.code" ] || [ $written -ne 0 ] || fail "unpacking as $KINDLING_IMAGE_FORMAT: $(head -n 1 "$work/unpack"); pull the image again"
  [ $written -eq 0 ] || fail "writing to $disk: $(tail -n 1 "$work/why")"
  tell verifying "$total" "$total" "checking what was written"
  read -r sum _ < "$work/sum"
  [ "$sum" = "$KINDLING_IMAGE_SHA256" ] ||
    fail "want sha256 $KINDLING_IMAGE_SHA256, got $sum; nothing on $disk starts; pull the image again"
  dd if="$work/head" of="$disk" bs=65536 conv=notrunc,fsync 2> "$work/why" || fail "$disk: $(tail -n 1 "$work/why")"
  blockdev --rereadpt "$disk" || fail "the kernel does not take the new partition table of $disk"
  udevadm settle --timeout=30
}

decompress() {
  case $decompressor in cat) cat ;; *) "$decompressor" -dc ;; esac
}

write_stream() {
  dd of="$work/head" bs=65536 count=16 iflag=fullblock 2> "$work/why" &&
    dd of="$disk" bs=$mib seek=1 iflag=fullblock conv=notrunc,fsync 2> "$work/why"
}

# Every two seconds, what the process has written of what the server said it would send.
watch_bytes() {
  while sleep 2; do
    sent=$(sed -n 's/^wchar: //p' "/proc/$1/io" 2> /dev/null) || return
    [ -n "$sent" ] || return
    tell writing "$sent" "$total" "to $disk"
  done
}

# --- the configuration of the first boot ----------------------------------------------------------------

fetch_configuration() {
  fetch --output "$work/config.ign" "$KINDLING_IGNITION_URL" 2> "$work/why" ||
    fail "fetching $KINDLING_IGNITION_URL: $(cat "$work/why")"
  case $(head -c 1 "$work/config.ign") in
    '{') ;;
    *) fail "want an Ignition configuration from $KINDLING_IGNITION_URL, got something that is no JSON object" ;;
  esac
}

# Where the images of today look: Flatcar on its partition OEM, those after Fedora CoreOS on the one called boot.
leave_configuration() {
  tell configuring "$total" "$total" "leaving the Ignition configuration on $disk"
  lsblk -rnpo NAME,LABEL,PARTLABEL "$disk" > "$work/parts"
  part=$(part_called OEM)
  file=config.ign
  if [ -z "$part" ]; then
    part=$(part_called boot)
    file=ignition/config.ign
  fi
  [ -n "$part" ] || fail "this image has no partition OEM or boot for an Ignition configuration: $(tr '\n' ';' < "$work/parts")"
  mkdir -p "$work/part"
  mount "$part" "$work/part" 2> "$work/why" || fail "mounting $part: $(cat "$work/why")"
  mkdir -p "$work/part/${file%config.ign}"
  # It may hold secrets.
  (umask 077 && cp "$work/config.ign" "$work/part/$file") || fail "cannot write $file on $part"
  sync
  umount "$work/part" || fail "cannot release $part"
}

# The partition whose file system or entry in the table has this name.
part_called() {
  grep -E " $1( |\$)" "$work/parts" | head -n 1 | cut -d ' ' -f 1
}

# --- what is told ---------------------------------------------------------------------------------------

# A server that does not listen stops no installation.
tell() {
  stage=$1
  echo "KINDLING-INSTALL stage=$1 bytes=$2 total=$3 $4"
  [ -z "$KINDLING_PROGRESS_URL" ] || report "$@" || echo "KINDLING-INSTALL $KINDLING_PROGRESS_URL does not listen"
}

# Without this one the machine would be installed again by its next boot from the network.
tell_installed() {
  stage=installed
  echo "KINDLING-INSTALL stage=installed bytes=$total total=$total $disk"
  [ -n "$KINDLING_PROGRESS_URL" ] || return 0
  tries=0
  until report installed "$total" "$total" "$disk"; do
    tries=$((tries + 1))
    [ $tries -lt 30 ] || fail "$disk is installed, but $KINDLING_PROGRESS_URL does not hear it: not starting it"
    sleep 10
  done
}

report() {
  printf '{"machine":"%s","stage":"%s","bytes":%s,"total":%s,"message":"%s"}' \
    "$(json_text "$KINDLING_MACHINE")" "$1" "$2" "$3" "$(json_text "$4")" |
    curl --fail --silent --max-time 10 --output /dev/null --header 'content-type: application/json' \
      --data-binary @- "$KINDLING_PROGRESS_URL"
}

json_text() {
  printf '%s' "$1" | tr '\n\t' '  ' | tr -d '\000-\037' | sed 's/\\/\\\\/g; s/"/\\"/g'
}

fail() {
  echo "KINDLING-INSTALL stage=failed in=$stage $1" >&2
  [ -z "${KINDLING_PROGRESS_URL:-}" ] || report failed 0 0 "$stage: $1"
  exit 1
}

restart() {
  sync
  systemctl reboot 2> /dev/null || reboot -f
}

main "$@"
