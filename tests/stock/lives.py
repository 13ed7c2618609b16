"""Faults of who is there: sockets that are left over, missing, forbidden or served by somebody else."""

from faults import ANYWHERE, PHP, fault
from scene import Scene


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


@fault("an abstract socket that nobody knows", "@app", "abstract-open", options=("--abstract",), needs=ANYWHERE)
def _(scene: Scene) -> None:
    scene.serve("@app")


@fault(
    "a shim on an abstract socket",
    "@/containerd-shim/x.sock",
    "forbidden-present",
    "abstract-open",
    options=("--abstract",),
    needs=ANYWHERE,
)
def _(scene: Scene) -> None:
    scene.serve("@/containerd-shim/x.sock")


@fault("a waiver whose last day is over", PHP, "waiver-expired", "mode-too-wide", "world-connectable")
def _(scene: Scene) -> None:
    scene.policy(
        f'waivers: [{{ finding: mode-too-wide, paths: ["{PHP}"], until: 2020-01-01, reason: "ticket 1" }}]\n'
    )
    scene.chmod(PHP, 0o777)
