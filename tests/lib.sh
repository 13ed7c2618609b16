#!/bin/bash
# Counting, and what the steps of tests/run have in common.

passed=0 failed=0 skipped=0
program=${SOCKCTL-}
failures=()

note() { printf '   %s\n' "$1"; }

pass() { passed=$((passed + 1)); }

fail() {
  failed=$((failed + 1))
  failures+=("$1")
  printf 'not ok  %s\n' "$1"
}

skip() {
  skipped=$((skipped + 1))
  printf 'skipped %s: %s\n' "$1" "$2"
}

# check NAME COMMAND...: one thing that passes or fails; its output is shown when it fails.
check() {
  local name=$1 begin=$SECONDS
  shift
  if "$@" >"${work:?}/log" 2>&1; then
    pass
    printf 'ok      %s (%d s)\n' "$name" $((SECONDS - begin))
  else
    local status=$?
    cat "$work/log"
    fail "$name (exit status $status)"
    return 1
  fi
}

# suite NAME COUNTER COMMAND...: many tests in one command; COUNTER reads its output and prints
# "passed failed".
suite() {
  local name=$1 counter=$2 begin=$SECONDS status=0 good bad line
  shift 2
  "$@" >"$work/log" 2>&1 || status=$?
  read -r good bad < <("$counter" "$work/log")
  passed=$((passed + good))
  while IFS= read -r line; do
    skipped=$((skipped + 1))
    # It was counted as a pass by the one who ran it.
    passed=$((passed - 1))
    printf 'skipped %s\n' "${line#*skipped: }"
  done < <(grep -aE '^ *skipped: [^ ]' "$work/log" | sort -u)
  if [[ $status -eq 0 && $bad -eq 0 ]]; then
    printf 'ok      %s: %d (%d s)\n' "$name" "$good" $((SECONDS - begin))
    # Nothing run is no pass.
    [[ $good -gt 0 || $name == "doc tests" ]] || fail "$name: none was run"
  else
    without_passes "$work/log"
    # A build that fails has no failed test to show for it.
    failed=$((failed + (bad > 0 ? bad - 1 : 0)))
    fail "$name (exit status $status, $bad failed)"
  fi
}

# Of what nextest says, all but the output of tests that pass.
without_passes() {
  awk '/^ +(PASS|SLOW|LEAK) / { hide = 1 }
       /^ +(FAIL|TIMEOUT|SIG[A-Z]+|ABORT|Summary) / || /^[^ ]/ && !/^──/ { hide = 0 }
       !hide' "$1"
}

count_nextest() {
  # "Summary [ 1.2s] 10 tests run: 9 passed (1 slow), 1 failed, 0 skipped"
  local line
  line=$(grep -aE '^ *Summary \[' "$1" | tail -n 1)
  printf '%d %d\n' "$(figure "$line" passed)" \
    $(($(figure "$line" failed) + $(figure "$line" "timed out") + $(figure "$line" "exec failed")))
}

figure() { grep -oE "[0-9]+ $2" <<<"$1" | head -n 1 | grep -oE '^[0-9]+' || echo 0; }

count_libtest() {
  # "test result: ok. 9 passed; 1 failed; 0 ignored; ...", once for each binary
  awk '/^test result:/ { for (i = 2; i <= NF; i++) { if ($i ~ /^passed/) p += $(i-1); if ($i ~ /^failed/) f += $(i-1) } }
       END { print p + 0, f + 0 }' "$1"
}

# report_of COMMAND...: counts its lines "ok NAME", "not ok NAME" and "skipped NAME: WHY".
report_of() {
  local line status=0 ran=0
  "$@" >"$work/report" 2>&1 || status=$?
  while IFS= read -r line; do
    case $line in
      'ok '*) pass; ran=1; printf 'ok      %s\n' "${line#ok }" ;;
      'not ok '*) ran=1; fail "${line#not ok }" ;;
      'skipped '*) skipped=$((skipped + 1)); ran=1; printf '%s\n' "$line" ;;
      *) printf '   %s\n' "$line" ;;
    esac
  done <"$work/report"
  if [[ $status -gt 1 || $ran -eq 0 ]]; then
    fail "$1 (exit status $status)"
  fi
}

# need COMMAND: whether it can be had; says what is skipped where it cannot.
need() {
  command -v "$1" >/dev/null 2>&1 && return
  skip "${FUNCNAME[1]#step_} ($1)" "$1 is not installed"
  return 1
}

# The release build of this tree, or $SOCKCTL; a step may be run by itself.
need_program() {
  [[ -n $program ]] && return
  if cargo build --locked --release >"$work/log" 2>&1; then
    program=${CARGO_TARGET_DIR:-${root:?}/target}/release/sockctl
  else
    cat "$work/log"
    fail "${FUNCNAME[1]#step_}: the program cannot be built"
    return 1
  fi
}

# install_packages LIST: what is missing of it, without starting the services in them.
install_packages() {
  local package missing=()
  if ! command -v dpkg-query >/dev/null; then
    note "no dpkg here: the tests use what they find"
    return
  fi
  while read -r package _; do
    [[ -z $package || $package == '#'* ]] && continue
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
      missing+=("$package")
  done <"$1"
  [[ ${#missing[@]} -eq 0 ]] && return
  if [[ $(id -u) -ne 0 ]]; then
    note "missing, and only root can install them: ${missing[*]}"
    return
  fi
  note "installing ${missing[*]}"
  check "packages" without_services apt_install "${missing[@]}"
}

apt_install() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get -o DPkg::Lock::Timeout=300 update &&
    apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"
}

# A test machine has no use for the servers that come with the packages.
without_services() {
  local policy=/usr/sbin/policy-rc.d ours=no status=0
  if [[ ! -e $policy ]]; then
    ours=yes
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 0755 "$policy"
  fi
  "$@" || status=$?
  [[ $ours == yes ]] && rm -f "$policy"
  return "$status"
}

summary() {
  local failure
  for failure in "${failures[@]}"; do
    printf 'failed: %s\n' "$failure"
  done
  printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  [[ $failed -eq 0 ]]
}
