#!/bin/sh
# Compares an audit with find(1) on the same trees, in paired runs.
#
# usage: benches/walk.sh [DIRECTORY]
#
# The trees are made below DIRECTORY (default: $TMPDIR or /tmp) and removed at the end. SOCKCTL is
# the command to measure (default: target/release/sockctl audit). FILES limits the largest tree.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
base=$(mktemp -d "${1:-${TMPDIR:-/tmp}}/sockctl-walk.XXXXXX")
: "${SOCKCTL:=$here/../target/release/sockctl audit}"
: "${FILES:=1000000}"
holder=
mkfifo "$base/hold"

release() {
    if [ -n "$holder" ]; then
        exec 9>&-
        wait "$holder" || :
        holder=
    fi
}

finish() {
    release
    rm -rf "$base"
}
trap finish EXIT
trap 'exit 130' INT TERM

# label files directories sockets rounds limit
compare() {
    if [ "$2" -gt "$FILES" ]; then
        return
    fi
    tree=$base/tree
    mkdir "$tree"
    mkfifo "$base/ready"
    python3 "$here/walk-tree.py" "$tree" "$2" "$3" "$4" <"$base/hold" >"$base/ready" &
    holder=$!
    exec 9>"$base/hold"
    read -r _ <"$base/ready"
    printf '%-52s at most %s' "$1" "$6"
    # shellcheck disable=SC2086 # a command and its arguments
    python3 "$here/walk-pairs.py" "$5" \
        find "$tree" -type s -printf '%m %u %g %p\n' -- $SOCKCTL "$tree"
    release
    rm -rf "$tree" "$base/ready"
}

printf '%-64s%10s%13s\n' '' find sockctl
compare 'one socket' 0 1 1 200 3.0
compare '200,000 files, 4,000 directories, 2,000 sockets' 200000 4000 2000 15 0.8
compare '1,000,000 files, 20,000 directories, 2,000 sockets' 1000000 20000 2000 7 0.8
