#!/bin/bash
# A system of this host's release in a container, with systemd as its first process.
#
# Whoever reads this sets `here`, `name` (of the test, as it is skipped) and `scratch`, a directory
# of its own that is there until the end, and calls `power_off` at the end.
# shellcheck disable=SC2034,SC2154 # whoever reads this and this file share their variables

nspawn=
cache=${CARGO_TARGET_DIR:-$here/../../target}/real-parts

skip() {
  printf 'skipped %s: %s\n' "$name" "$1"
  exit 0
}
not_ok() {
  printf 'not ok %s\n' "$1"
  [[ -s ${2-} ]] && tail -n 40 "$2" | sed 's/^/  | /'
  exit 1
}

# Ends the test, saying why, where no such container can be had.
need_machine() {
  local command
  [[ $(id -u) -eq 0 ]] || skip "needs root"
  for command in systemd-nspawn debootstrap; do
    command -v "$command" >/dev/null || skip "$command is not installed"
  done
  unshare --mount --pid --fork --net true 2>/dev/null || skip "no namespaces can be made here"
  mkdir -p "$cache" && cache=$(cd "$cache" && pwd) || exit 2
}

# Sets `base` to the directory of a minimal system, which is made once and kept.
make_base() {
  local suite
  # The program is linked against this host's libraries, so the guest is of its release.
  suite=$(
    # shellcheck source=/dev/null
    . /etc/os-release 2>/dev/null
    [[ ${ID-} == debian ]] && printf '%s' "${VERSION_CODENAME-}"
  )
  base=$cache/systemd-${suite:-bookworm}
  [[ -d $base ]] && return
  rm -rf "$base.new"
  debootstrap --variant=minbase \
    --include=systemd,systemd-sysv,dbus,socat,procps,python3-minimal "${suite:-bookworm}" "$base.new" \
    >"$scratch/debootstrap.log" 2>&1 || not_ok "a system can be made" "$scratch/debootstrap.log"
  mv "$base.new" "$base"
}

# contained ROOT OPTION...: systemd-nspawn, on a host with a service manager or without one.
contained() {
  local options=(--quiet --directory="$1" --register=no --console=pipe)
  shift
  # On a host without systemd there is nobody to make a scope for it.
  [[ -d /run/systemd/system ]] || options+=(--keep-unit)
  exec systemd-nspawn "${options[@]}" "$@" </dev/null
}

# power_on ROOT: boots it with everything that it writes in memory; sets `guest`, its root
# directory, and `state`, what its service manager makes of the start.
power_on() {
  local attempt leader
  contained "$1" --volatile=overlay --boot --private-network --machine=sockctl-test \
    >"$scratch/boot.log" 2>&1 &
  nspawn=$!
  # Nothing tells from the outside that it has begun.
  for ((attempt = 0; attempt < 600; attempt++)); do
    [[ -e /proc/$nspawn ]] || not_ok "the system boots" "$scratch/boot.log"
    leader=$(leader) && inside test -S /run/dbus/system_bus_socket 2>/dev/null && break
    sleep 0.1
  done
  state=$(inside timeout 60 systemctl is-system-running --wait 2>>"$scratch/boot.log")
  guest=/proc/$leader/root
}

# leader: the pid of the guest's pid 1.
leader() {
  local pid
  local children
  read -ra children < <(cat "/proc/$nspawn/task"/*/children 2>/dev/null)
  for pid in "${children[@]}"; do
    [[ $(cat "/proc/$pid/comm" 2>/dev/null) == systemd ]] && printf '%s\n' "$pid" && return
  done
  return 1
}
inside() { nsenter --target "$(leader)" --all -- "$@"; }

power_off() {
  if [[ -n $nspawn ]] && kill -TERM "$nspawn" 2>/dev/null; then
    # It shuts the system down in order; a second request would cut that short.
    timeout 30 tail --pid="$nspawn" -f /dev/null || kill -KILL "$nspawn" 2>/dev/null
    wait "$nspawn" 2>/dev/null
  fi
}
