#!/bin/bash
# Large trees with few sockets in them, half of those live: audit (A) against find (B).
#
# FILES limits the largest tree; TMPDIR says on which file system they are made.
set -euo pipefail
# shellcheck source=benches/lib.sh
. "$(dirname "$0")/lib.sh"

# compare FILES DIRECTORIES SOCKETS
compare() {
  [[ $1 -le ${FILES:-1000000} ]] || return 0
  mkdir "$scratch/tree"
  hold python3 "$here/walk-tree.py" "$scratch/tree" "$@"
  pair "audit against find, $1 files, $2 directories, $3 sockets" \
    "$sockctl audit $scratch/tree" "find $scratch/tree -type s -printf '%m %u %g %p\n'"
  release
  rm -rf "$scratch/tree"
}

compare 200000 4000 2000
compare 1000000 20000 2000
