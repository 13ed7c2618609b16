#!/bin/bash
# What the benches have in common: a scratch directory, the program, and sockets that listen.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd) || exit 2
sockctl=${SOCKCTL:-$here/../target/release/sockctl}
if [[ ! -x $sockctl ]]; then
  echo "build it first: cargo build --release (or set SOCKCTL)" >&2
  exit 2
fi
runs=${RUNS:-21}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/sockctl-bench.XXXXXX") || exit 2
trap 'release; rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
# A copy, as the peers are copies of what was built elsewhere: what a linker has just written is
# cached in smaller pieces, and takes up to half a millisecond longer to be mapped.
# Written to the disk, or its pages would be taken for memory of the process.
install -m 0755 "$sockctl" "$scratch/sockctl" && sync "$scratch/sockctl" || exit 2
sockctl=$scratch/sockctl

# hold COMMAND...: what keeps sockets alive; returns when it has said that it is ready.
hold() {
  local answer
  coproc holder { exec "$@"; }
  read -r answer <&"${holder[0]}" || answer=
  [[ $answer == ready ]] || { echo "the sockets could not be made" >&2; exit 2; }
}

# It ends when its input does.
release() {
  [[ -n ${holder_PID-} ]] || return 0
  local pid=$holder_PID input=${holder[1]}
  exec {input}>&-
  wait "$pid" 2>/dev/null || true
}

# listen DIRECTORY COUNT: returns when COUNT sockets in it listen.
listen() {
  mkdir -p "$1"
  hold python3 "$here/listen.py" "$1" "$2"
}

# pair TITLE A B: both commands in turn.
pair() { python3 "$here/pair.py" --runs "$runs" "$@"; }
