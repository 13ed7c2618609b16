#!/bin/bash
# Many live sockets: who holds each of them, by sockctl (A) and by ss (B).
set -euo pipefail
# shellcheck source=benches/lib.sh
. "$(dirname "$0")/lib.sh"

count=${COUNT:-15000}
listen "$scratch/run" "$count"
echo 'version: 1' >"$scratch/nothing.yaml"
pair "audit --holders against ss -xlp, $count live sockets" \
  "$sockctl audit --holders -p $scratch/nothing.yaml $scratch/run" "ss -xlp"
