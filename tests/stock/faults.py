"""The faults: what is planted, and exactly what is found because of it.

Each is a function that is given a scene; what is undone after it stands there. What it adds to
the findings of an audit, at low and above, is what its line says, and nothing else.
"""

import glob
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from asked import answer, shown, skipped, tell
from scene import Scene

PHP = next(iter(glob.glob("/run/php/php[0-9]*-fpm.sock")), "/run/php/php-fpm.sock")
PRIVATE = glob.glob("/var/spool/postfix/private/*")


@dataclass
class Fault:
    name: str
    needs: str
    finds: set[tuple[str, str]]
    plant: Callable[[Scene], None]
    arguments: tuple[str, ...]


FAULTS: list[Fault] = []


def fault(name: str, path: str, *codes: str, needs: str = "", paths: list[str] | None = None, also: tuple[str, ...] = ()):
    """Finds these codes on `path` (or on all of `paths`), where the socket `needs` is served."""

    def add(plant: Callable[[Scene], None]) -> Callable[[Scene], None]:
        finds = {(code, each) for code in codes for each in paths or [path]}
        FAULTS.append(Fault(name, needs or path, finds, plant, also))
        return plant

    return add


ANYWHERE = "/run/systemd/private"


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


@fault("postfix's private sockets in a directory for all", "", "parent-mode-too-wide", "world-connectable", paths=PRIVATE, needs="/var/spool/postfix/private/anvil")
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
    scene.policy('roles: { ops: { users: [www-data] } }\nrules: [{ id: site/docker, paths: [/run/docker.sock], connect: [ops] }]\n')
    scene.run("usermod -aG docker games", "gpasswd --delete games docker")


@fault("a web server that its pool shuts out", PHP, "access-missing")
def _(scene: Scene) -> None:
    scene.policy(f'roles: {{ web: {{ users: [www-data, games] }} }}\nrules: [{{ id: site/php, paths: ["{PHP}"], connect: [web] }}]\n')


@fault("PostgreSQL's directory for everyone", "/run/postgresql/.s.PGSQL.5432", "parent-mode-too-wide", "path-replaceable")
def _(scene: Scene) -> None:
    scene.chmod("/run/postgresql", 0o2777)


@fault("MariaDB's directory for a group", "/run/mysqld/mysqld.sock", "parent-mode-too-wide", "path-replaceable")
def _(scene: Scene) -> None:
    scene.chown("/run/mysqld", group="games")
    scene.chmod("/run/mysqld", 0o775)


@fault("cups's directory with an ACL entry for a user", "/run/cups/cups.sock", "path-replaceable")
def _(scene: Scene) -> None:
    scene.acl("/run/cups", "u:games:rwx")


@fault("redis's directory in other hands", "/run/redis/redis-server.sock", "parent-owner-mismatch", "path-replaceable")
def _(scene: Scene) -> None:
    scene.chown("/run/redis", user="games")


@fault("chrony's directory for all to look into", "/run/chrony/chronyd.sock", "parent-mode-too-wide")
def _(scene: Scene) -> None:
    scene.chmod("/run/chrony", 0o755)


@fault("a root that a link leads to somebody's directory", "/run/site/app/app.sock", "path-replaceable", also=("/run/site/app",), needs=ANYWHERE)
def _(scene: Scene) -> None:
    scene.directory("/run/site", "root")
    scene.directory("/var/tmp/of-games", "games")
    scene.directory("/var/tmp/of-games/app", "root")
    scene.serve("/var/tmp/of-games/app/app.sock")
    scene.link("/run/site/app", "/var/tmp/of-games/app")


@fault("munge.socket.2 in other hands", "/run/munge/munge.socket.2", "owner-mismatch")
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


@fault("uuidd by another protocol", "/run/uuidd/request", "type-mismatch")
def _(scene: Scene) -> None:
    scene.stopped("/run/uuidd/request", "uuidd.socket", "uuidd.service")
    scene.serve("/run/uuidd/request", kind="dgram", mode=0o666)


@fault("a server that was killed", "/run/left.sock", "stale", needs=ANYWHERE)
def _(scene: Scene) -> None:
    server = scene.serve("/run/left.sock")
    server.kill()
    server.wait()


@fault("memcached's socket file removed below it", "/run/memcached/memcached.sock", "ghost")
def _(scene: Scene) -> None:
    scene.unlink("/run/memcached/memcached.sock", "memcached")


@fault("a server that takes no more clients", "/run/full.sock", "saturated", needs=ANYWHERE)
def _(scene: Scene) -> None:
    scene.serve("/run/full.sock", backlog=0)
    scene.fill("/run/full.sock")


@fault("somebody else at redis's place", "/run/redis/redis-server.sock", "listener-mismatch")
def _(scene: Scene) -> None:
    path = "/run/redis/redis-server.sock"
    scene.policy(f"rules: [{{ id: site/redis, paths: [{path}], listener: {{ user: redis }} }}]\n")
    scene.stopped(path, "redis-server")
    scene.run("install -d -o redis -g redis -m 2755 /run/redis", "true")
    scene.serve(path, mode=0o700)
    scene.chown(path, "redis", "redis")


@fault("PostgreSQL stopped, and required", "/run/postgresql/.s.PGSQL.5432", "required-missing")
def _(scene: Scene) -> None:
    path = "/run/postgresql/.s.PGSQL.5432"
    scene.policy(f"rules: [{{ id: site/postgresql, paths: [{path}], presence: required }}]\n")
    scene.stopped(path, "postgresql")


@fault("a link in the place of docker.sock", "/run/docker.sock", "required-missing")
def _(scene: Scene) -> None:
    scene.policy("rules: [{ id: site/docker, paths: [/run/docker.sock], presence: required }]\n")
    scene.serve("/tmp/docker.sock", user="games")
    scene.aside("/run/docker.sock")
    scene.link("/run/docker.sock", "/tmp/docker.sock")


@fault("an abstract socket that nobody knows", "@app", "abstract-open", also=("--abstract",), needs=ANYWHERE)
def _(scene: Scene) -> None:
    scene.serve("@app")


@fault("a shim on an abstract socket", "@/containerd-shim/x.sock", "forbidden-present", "abstract-open", also=("--abstract",), needs=ANYWHERE)
def _(scene: Scene) -> None:
    scene.serve("@/containerd-shim/x.sock")


@fault("a waiver whose last day is over", PHP, "waiver-expired", "mode-too-wide", "world-connectable")
def _(scene: Scene) -> None:
    scene.policy(f'waivers: [{{ finding: mode-too-wide, paths: ["{PHP}"], until: 2020-01-01, reason: "ticket 1" }}]\n')
    scene.chmod(PHP, 0o777)


def found(arguments: tuple[str, ...]) -> dict[tuple[str, str], dict]:
    _, report = answer("audit", *arguments)
    return {(each["code"], each["path"]): each for each in report["findings"] if each["severity"] != "info"}


def plant_all(here: set[str], words: list[str]) -> None:
    """Those whose server is here, one after the other."""
    for each in FAULTS:
        if words and not any(word in each.name for word in words):
            continue
        if each.needs not in here:
            skipped(f"fault: {each.name}", f"{each.needs} is not served here")
            continue
        codes = " and ".join(sorted({code for code, _ in each.finds}))
        name = f"fault: {each.name} is found as {codes}"
        before = found(each.arguments)
        try:
            with Scene() as scene:
                each.plant(scene)
                during = found(each.arguments)
        except (OSError, subprocess.CalledProcessError) as error:
            tell(False, name, f"{error}\n{getattr(error, 'stderr', '')}")
            continue
        new = {key: finding for key, finding in during.items() if key not in before}
        tell(new.keys() == each.finds, name, f"wanted {each.finds}\n{shown(list(new.values()))}")
