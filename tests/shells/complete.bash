#!/bin/bash
# Completes two command lines with the script in $1, as readline would.
set -euo pipefail
# shellcheck disable=SC1090
source "$1"

# completed WORD...: what the last word is completed to.
completed() {
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
  COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
  _sockctl sockctl "${!#}" "${*: -2:1}" || true
  printf '%s\n' "${COMPREPLY[@]}"
}

completed sockctl au | grep -qx audit
completed sockctl audit --fail | grep -qx -- --fail-on
completed sockctl policy ex | grep -qx explain
