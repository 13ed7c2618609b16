#!/bin/bash
# Many live sockets tested: by sockctl (A), and by a loop in C that pins, connects, asks for the peer
# and closes, and says nothing about any of them (B). The server accepts and closes. Then the silent
# test (A) against the same loop.
set -euo pipefail
# shellcheck source=benches/lib.sh
. "$(dirname "$0")/lib.sh"

count=${COUNT:-10000}
cc -O2 -Wall -o "$scratch/probe" "$here/probe.c"
mkdir "$scratch/run"
coproc listeners { exec "$scratch/probe" serve "$scratch/run" "$count"; }
read -r answer <&"${listeners[0]}" || answer=
[[ $answer == ready ]] || { echo "the sockets could not be made" >&2; exit 2; }
find "$scratch/run" -type s >"$scratch/list"

# Redirected by a shell on both sides.
by_sockctl="$sockctl probe - <$scratch/list"
silently="$sockctl probe --silent - <$scratch/list"
in_c="$scratch/probe $scratch/list"
pair "probe, $count live sockets" "sh -c 'exec $by_sockctl'" "sh -c 'exec $in_c'"
pair "probe --silent, $count live sockets" "sh -c 'exec $silently'" "sh -c 'exec $in_c'"
