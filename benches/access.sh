#!/bin/bash
# Who can connect to one socket, on a host with 1,000 users and groups: the whole process, by
# sockctl (A); namei -l (B), which shows the same way, answers no such question.
set -euo pipefail
if [[ ${1-} != inside ]]; then
  exec unshare -m --propagation private "$0" inside
fi
# shellcheck source=benches/lib.sh
. "$(dirname "$0")/lib.sh"

count=${COUNT:-1000}
listen "$scratch/run" 1
for ((number = 0; number < count; number++)); do
  id=$((20000 + number))
  echo "user$number:x:$id:$id::/:/bin/sh" >&3
  echo "group$number:x:$id:user$(((number + 1) % count))" >&4
done 3>"$scratch/passwd" 4>"$scratch/group"
echo 'root:x:0:0::/:/bin/sh' >>"$scratch/passwd"
echo 'root:x:0:' >>"$scratch/group"
for file in passwd group; do
  mount --bind "$scratch/$file" "/etc/$file"
done
socket=("$scratch"/run/*)
chown 20000:20000 "${socket[0]}"
pair "access of one socket, $count users and groups" \
  "$sockctl access ${socket[0]}" "namei -l ${socket[0]}"
