#!/bin/bash
# What rules cost: 1,000 of them (A) against 10 (B), over the same sockets.
set -euo pipefail
# shellcheck source=benches/lib.sh
. "$(dirname "$0")/lib.sh"

count=${COUNT:-10000}
listen "$scratch/run" "$count"

# rules COUNT GLOB: a policy of so many rules; GLOB has %d where they differ.
rules() {
  local number
  printf 'version: 1\nrules:\n'
  printf -- "  - { id: base, paths: ['/**'], max-mode: 0775, liveness: live }\n"
  for ((number = 1; number < $1; number++)); do
    # shellcheck disable=SC2059 # the glob is the format
    printf -- "  - { id: rule-%d, paths: ['$2'], max-mode: 0660, owner: root }\n" "$number" "$number"
  done
}

compare() {
  rules 1000 "$2" >"$scratch/1000.yaml"
  rules 10 "$2" >"$scratch/10.yaml"
  pair "1,000 rules against 10, $count sockets, $1" \
    "$sockctl audit --no-builtin -p $scratch/1000.yaml $scratch/run" \
    "$sockctl audit --no-builtin -p $scratch/10.yaml $scratch/run"
}

compare "each rule for a directory of its own" '/srv/site-%d/run/*.sock'
compare "each rule for names in the same directory" "$scratch/run/app-0%d?.sock"
compare "each rule for a name in any directory" '/**/app-0%d?.sock'
