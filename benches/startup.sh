#!/bin/bash
# The whole process for a directory with one socket, as a hook would run it: sockctl (A) and
# find (B).
set -euo pipefail
# shellcheck source=benches/lib.sh
. "$(dirname "$0")/lib.sh"

runs=${RUNS:-201}
listen "$scratch/run" 1
pair "audit of one socket against find" \
  "$sockctl audit $scratch/run" "find $scratch/run -type s"
