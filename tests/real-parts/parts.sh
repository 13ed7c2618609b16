#!/bin/bash
# How each server is started, on its packaged place and in the foreground. A part is a function
# that sets `socket` and calls `start`; it returns 1, having said why, where it cannot run.
# shellcheck disable=SC2034,SC2154 # run and this file share their variables

# Which part's socket is too wide, and which ones are as they should be.
wide_parts=(gin gunicorn)
quiet_parts=(php-fpm redis postgresql dbus)

part_gin() {
  has go gin golang-go || return
  local source=/usr/share/gocode/src/github.com/gin-gonic/gin
  [[ -d $source ]] || { skipped gin "golang-github-gin-gonic-gin-dev is not installed"; return 1; }
  if ! (cd "$here/gin" && CGO_ENABLED=0 GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS=-p=2 \
    GOCACHE="$cache/go" go build -o "$scratch/gin-server" .) >"$scratch/gin.build" 2>&1; then
    not_ok "gin is built" "$scratch/gin.build"
    return 1
  fi
  socket=$scratch/gin.sock
  start "$scratch/gin-server" -open "$socket"
}

part_gunicorn() {
  has gunicorn gunicorn gunicorn || return
  socket=$scratch/gunicorn.sock
  start gunicorn --chdir "$here/gunicorn" --workers 1 --bind "unix:$socket" app:app
}

part_php-fpm() {
  needs_root php-fpm || return
  local server version
  server=$(compgen -G '/usr/sbin/php-fpm[0-9]*' | sort -V | tail -n 1)
  [[ -n $server ]] || { skipped php-fpm "php-fpm is not installed"; return 1; }
  version=${server#/usr/sbin/php-fpm}
  socket=/run/php/php$version-fpm.sock
  free php-fpm "$socket" || return
  systemd-tmpfiles --create "php$version-fpm.conf"
  start "$server" --nodaemonize --fpm-config "/etc/php/$version/fpm/php-fpm.conf"
}

part_redis() {
  needs_root redis || return
  has redis-server redis redis-server || return
  socket=/run/redis/redis-server.sock
  free redis "$socket" || return
  # As redis-server.service has it: RuntimeDirectory=redis, RuntimeDirectoryMode=2755, UMask=007.
  install -d -o redis -g redis -m 2755 /run/redis
  # As redis.conf proposes it, in lines that are comments.
  grep -E '^# unixsocket(perm)? ' /etc/redis/redis.conf | sed 's/^# //' >"$scratch/redis.conf"
  chmod 0644 "$scratch/redis.conf"
  # shellcheck disable=SC2016 # the inner shell has its own $0
  start setpriv --reuid redis --regid redis --init-groups sh -c \
    'umask 007; exec redis-server "$0" --port 0 --daemonize no --save "" --dir /' "$scratch/redis.conf"
}

part_postgresql() {
  needs_root postgresql || return
  local bin
  bin=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1)
  [[ -x $bin/postgres ]] || { skipped postgresql "postgresql is not installed"; return 1; }
  socket=/run/postgresql/.s.PGSQL.5432
  free postgresql "$socket" || return
  systemd-tmpfiles --create postgresql-common.conf
  # Its own data, so that a cluster of this host is left alone; the place of the socket is the
  # package's.
  install -d -o postgres -g postgres -m 0700 "$scratch/postgresql"
  as_postgres() { (cd / && exec setpriv --reuid postgres --regid postgres --init-groups "$@"); }
  as_postgres "$bin/initdb" --no-sync --auth=peer -D "$scratch/postgresql" >"$scratch/initdb.log" 2>&1 ||
    { not_ok "postgresql has data" "$scratch/initdb.log"; return 1; }
  start setpriv --reuid postgres --regid postgres --init-groups \
    "$bin/postgres" -D "$scratch/postgresql" -c listen_addresses= -c fsync=off
}

part_dbus() {
  needs_root dbus || return
  has dbus-daemon dbus dbus || return
  socket=/run/dbus/system_bus_socket
  free dbus "$socket" || return
  install -d /run/dbus
  start dbus-daemon --system --nofork --nopidfile --nosyslog
}
