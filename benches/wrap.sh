#!/bin/bash
# What starting a server with `sockctl wrap` costs, against those that do a part of it, and what the
# parent that stays costs afterwards. Needs root, setpriv, gosu, s6, strace and a C compiler.
set -euo pipefail
# shellcheck source=benches/lib.sh
. "$(dirname "$0")/lib.sh"

RUNS=${RUNS:-201} && runs=$RUNS
chmod 0755 "$scratch"
as_nobody="--reuid nobody --regid nogroup --init-groups --no-new-privs --bounding-set=-all --inh-caps=-all --ambient-caps=-all"
exec="$sockctl wrap --exec --user nobody"
pair "wrap --exec against setpriv" "$exec -- true" "setpriv $as_nobody true"
pair "wrap --exec against gosu" "$exec -- true" "gosu nobody true"

# Either leaves its socket behind. First each finds its path free, then the leftover of the last time.
ours=$scratch/a.sock theirs=$scratch/b.sock
listen="$exec --listen $ours -- true"
s6="s6-ipcserver-socketbinder -- $theirs s6-setuidgid nobody true"
pair --remove "$ours" --remove "$theirs" "wrap --exec --listen against s6, nothing in the way" "$listen" "$s6"
pair "wrap --exec --listen against s6, over a stale socket" "$listen" "$s6"
rm -f "$ours" "$theirs"

# memory_and_calls TITLE OPTION...: of the parent, once it has nothing to do any more.
memory_and_calls() {
  local title=$1 parent tracer
  shift
  "$sockctl" wrap --user nobody "$@" -- sleep 1000 &
  parent=$!
  # Sockets that nobody has named are looked for during the first 5 s.
  sleep 7
  awk -v title="$title" '/^Rss/ { rss = $2 } /^Private_Dirty/ { own = $2 }
    END { printf "%s: %d KiB resident, %d KiB of its own\n", title, rss, own }' "/proc/$parent/smaps_rollup"
  strace -f -o "$scratch/calls" -p "$parent" 2>/dev/null &
  tracer=$!
  sleep 10
  kill "$tracer"
  wait "$tracer" || true
  # The call that it waits in is the first line, cut short.
  printf '%s: %d system calls in 10 s\n' "$title" "$(grep -vc 'detached' "$scratch/calls" || true)"
  kill "$parent"
  wait "$parent" || true
}
memory_and_calls "the parent with --listen" --listen "$ours"
memory_and_calls "the parent with nothing named"

# The same server, bare and wrapped: both at once, loaded in turn.
cc -O2 -Wall -pthread -o "$scratch/requests" "$here/requests.c"
bare=$scratch/bare.sock wrapped=$scratch/wrapped.sock
"$scratch/requests" serve "$bare" &
servers=($!)
"$sockctl" wrap --user nobody --listen "$wrapped" -- "$scratch/requests" serve - &
servers+=($!)
"$sockctl" probe --wait=10s "$bare" "$wrapped" >/dev/null
python3 "$here/requests.py" "$scratch/requests" "$wrapped" "$bare"
kill "${servers[@]}"
wait "${servers[@]}" || true
