"""Faults that let in too many, or too few: modes, owners, ACLs, groups and directories."""

import glob

from faults import ANYWHERE, PHP, fault
from scene import Scene


@fault("a pool with listen.mode = 0777", PHP, "mode-too-wide", "world-connectable")
def _(scene: Scene) -> None:
    scene.chmod(PHP, 0o777)


@fault("gunicorn as it comes", "/run/gunicorn.sock", "mode-too-wide", "world-connectable", needs=ANYWHERE)
def _(scene: Scene) -> None:
    scene.gunicorn("/run/gunicorn.sock")


@fault("docker.sock after chmod 666", "/run/docker.sock", "mode-too-wide", "world-connectable")
def _(scene: Scene) -> None:
    scene.chmod("/run/docker.sock", 0o666)


@fault("HAProxy's statistics for everyone", "/run/haproxy/admin.sock", "mode-too-wide", "world-connectable")
def _(scene: Scene) -> None:
    scene.chmod("/run/haproxy/admin.sock", 0o666)


@fault("another user's socket in /tmp, open", "/tmp/app.sock", "mode-too-wide", "world-connectable", needs=ANYWHERE)
def _(scene: Scene) -> None:
    scene.serve("/tmp/app.sock", user="games", mode=0o777)


@fault("PostgreSQL's name in /tmp, taken by somebody", "/tmp/.s.PGSQL.5432", "owner-mismatch", needs=ANYWHERE)
def _(scene: Scene) -> None:
    scene.serve("/tmp/.s.PGSQL.5432", user="games", mode=0o777)


@fault(
    "postfix's private sockets in a directory for all",
    "",
    "parent-mode-too-wide",
    "world-connectable",
    paths=glob.glob("/var/spool/postfix/private/*"),
    needs="/var/spool/postfix/private/anvil",
)
def _(scene: Scene) -> None:
    scene.chmod("/var/spool/postfix/private", 0o755)


@fault("docker.sock with an ACL entry for nobody", "/run/docker.sock", "acl-grants")
def _(scene: Scene) -> None:
    scene.acl("/run/docker.sock", "u:nobody:rw")


@fault("supervisor.sock with an ACL entry for a group", "/run/supervisor.sock", "acl-grants", "mode-too-wide")
def _(scene: Scene) -> None:
    scene.acl("/run/supervisor.sock", "g:games:rw")


@fault("docker's group with a member too many", "/run/docker.sock", "access-unexpected")
def _(scene: Scene) -> None:
    scene.policy(
        "roles: { ops: { users: [www-data] } }\n"
        "rules: [{ id: site/docker, paths: [/run/docker.sock], connect: [ops] }]\n"
    )
    for user in ("www-data", "games"):
        scene.run(f"usermod -aG docker {user}", f"gpasswd --delete {user} docker")


@fault("a web server that its pool shuts out", PHP, "access-missing")
def _(scene: Scene) -> None:
    scene.policy(
        "roles: { web: { users: [www-data, games] } }\n"
        f'rules: [{{ id: site/php, paths: ["{PHP}"], connect: [web] }}]\n'
    )


@fault(
    "PostgreSQL's directory for everyone",
    "/run/postgresql/.s.PGSQL.5432",
    "parent-mode-too-wide",
    "path-replaceable",
)
def _(scene: Scene) -> None:
    scene.chmod("/run/postgresql", 0o2777)


@fault("MariaDB's directory for a group", "/run/mysqld/mysqld.sock", "parent-mode-too-wide", "path-replaceable")
def _(scene: Scene) -> None:
    scene.chown("/run/mysqld", group="games")
    scene.chmod("/run/mysqld", 0o775)


@fault("cups's directory with an ACL entry for a user", "/run/cups/cups.sock", "path-replaceable")
def _(scene: Scene) -> None:
    scene.acl("/run/cups", "u:games:rwx")


@fault(
    "redis's directory in other hands",
    "/run/redis/redis-server.sock",
    "parent-owner-mismatch",
    "path-replaceable",
)
def _(scene: Scene) -> None:
    scene.chown("/run/redis", user="games")


@fault("chrony's directory for all to look into", "/run/chrony/chronyd.sock", "parent-mode-too-wide")
def _(scene: Scene) -> None:
    scene.chmod("/run/chrony", 0o755)


@fault(
    "a root that a link leads to somebody's directory",
    "/run/site/app/app.sock",
    "path-replaceable",
    options=("/run/site/app",),
    needs=ANYWHERE,
)
def _(scene: Scene) -> None:
    scene.directory("/run/site", "root")
    scene.directory("/var/tmp/of-games", "games")
    scene.directory("/var/tmp/of-games/app", "root")
    scene.serve("/var/tmp/of-games/app/app.sock")
    scene.link("/run/site/app", "/var/tmp/of-games/app")


@fault("munge.socket.2 in other hands", "/run/munge/munge.socket.2", "owner-mismatch", "path-replaceable")
def _(scene: Scene) -> None:
    scene.chown("/run/munge/munge.socket.2", user="nobody")


@fault("docker.sock for another group", "/run/docker.sock", "group-mismatch")
def _(scene: Scene) -> None:
    scene.chown("/run/docker.sock", group="games")


@fault("an owner that this host does not have", PHP, "owner-unknown")
def _(scene: Scene) -> None:
    scene.policy(f'rules: [{{ id: site/php, paths: ["{PHP}"], owner: nosuchuser }}]\n')


@fault("a mode other than the site's", PHP, "mode-mismatch")
def _(scene: Scene) -> None:
    scene.policy(f'rules: [{{ id: site/php, paths: ["{PHP}"], mode: 0660 }}]\n')
    scene.chmod(PHP, 0o600)
