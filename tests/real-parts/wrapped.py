#!/usr/bin/env python3
"""A Gin server, wrapped in each of the three ways, behind nginx.

    wrapped.py SOCKCTL GIN SCRATCH

As root; the server runs as `games` and nginx's workers as `www-data`. Prints a line for each
thing tried (ok, not ok) and exits with 1 when anything failed.
"""

import grp
import os
import pathlib
import pwd
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time

from front import PATIENCE, Front

SOCKCTL, GIN, SCRATCH = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
APP = SCRATCH / "app"
SOCK = APP / "gin.sock"
NGINX = Front(SOCKCTL, SCRATCH, SOCK)

# Whoever binds in the directory gives its group the socket; what Gin binds itself is executable.
POLICY = f"""
version: 1
rules:
  - id: app
    paths: ["{SOCK}"]
    type: stream
    max-mode: 0770
    owner: games:www-data
"""

failures = 0


def tell(passed: bool, name: str, detail: str = "") -> None:
    global failures
    print(f"{'ok' if passed else 'not ok'} {name}")
    if not passed:
        failures += 1
        for line in detail.splitlines():
            print(f"  | {line}")


GAMES = pwd.getpwnam("games").pw_uid
WWW = grp.getgrnam("www-data").gr_gid


class Wrapped:
    """sockctl wrap with these options and this command, from its start to its end."""

    def __init__(self, options: list[str], command: list[str]) -> None:
        shutil.rmtree(APP, ignore_errors=True)
        APP.mkdir()
        os.chown(APP, GAMES, WWW)
        APP.chmod(0o2750)
        (SCRATCH / "policy.yaml").write_text(POLICY)
        notify = SCRATCH / "notify.sock"
        notify.unlink(missing_ok=True)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(notify))
        notify.chmod(0o777)
        self.log = SCRATCH / "wrap.log"
        words = [SOCKCTL, "wrap", "--policy", str(SCRATCH / "policy.yaml"), "--user", "games"]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [*words, *options, "--", *command],
                env={**os.environ, "NOTIFY_SOCKET": str(notify)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.exit = os.pidfd_open(self.process.pid)

    def is_ready(self) -> bool:
        """Waits until it says so, or has ended."""
        deadline = time.monotonic() + PATIENCE
        while (left := deadline - time.monotonic()) > 0:
            ready, _, _ = select.select([self.notify, self.exit], [], [], left)
            if self.notify in ready:
                if b"READY=1" in self.notify.recv(4096).split(b"\n"):
                    return True
            elif self.exit in ready:
                return False
        return False

    def servers(self) -> list[int]:
        pid = self.process.pid
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(child) for child in children.split()]

    def ends(self, send: int | None = None) -> int | None:
        """Its exit status; None where it does not end."""
        if send is not None:
            self.process.send_signal(send)
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None
        finally:
            os.close(self.exit)
            self.notify.close()

    def said(self) -> str:
        return self.log.read_text(errors="replace")


def identity(pid: int) -> dict[str, str]:
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    fields = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    return {name: fields[name].strip() for name in ("Uid", "Gid", "CapEff", "CapBnd", "NoNewPrivs")}


def mode() -> int:
    return stat.S_IMODE(SOCK.stat().st_mode)


def serves(name: str, options: list[str], command: list[str]) -> None:
    wrapped = Wrapped(options, command)
    ready = wrapped.is_ready()
    tell(ready, f"gin, {name}: is ready", wrapped.said())
    if ready:
        heard = NGINX.answer()
        tell(heard == "200 hello", f"gin, {name}: nginx answers 200", heard)
        servers = wrapped.servers()
        seen = identity(servers[0])
        ids = "\t".join([str(GAMES)] * 4)
        wanted = {"Uid": ids, "CapEff": "0" * 16, "CapBnd": "0" * 16, "NoNewPrivs": "1"}
        held = all(seen[field] == value for field, value in wanted.items())
        tell(held, f"gin, {name}: runs as games without a capability", str(seen))
        tell(mode() & 0o007 == 0, f"gin, {name}: lets nobody else in", f"{mode():04o}")
    status = wrapped.ends(signal.SIGTERM)
    left = [pid for pid in (servers if ready else []) if pathlib.Path(f"/proc/{pid}").exists()]
    clean = status == 128 + signal.SIGTERM and not SOCK.exists() and not left
    tell(clean, f"gin, {name}: ends with its server and leaves nothing", f"{status} {left}\n{wrapped.said()}")


def refused(name: str, options: list[str]) -> None:
    wrapped = Wrapped(options, [GIN, "-open", str(SOCK)])
    ready = wrapped.is_ready()
    status = wrapped.ends(signal.SIGKILL if ready else None)
    said = wrapped.said()
    held = not ready and status == 77 and "0777" in said and not SOCK.exists()
    tell(held, f"gin that opens its socket, {name}: is refused", f"{ready} {status}\n{said}")


def mended(name: str, options: list[str]) -> None:
    wrapped = Wrapped([*options, "--on-violation", "fix"], [GIN, "-open", str(SOCK)])
    ready = wrapped.is_ready()
    right = ready and mode() == 0o770
    heard = NGINX.answer() if ready else "never ready"
    wrapped.ends(signal.SIGTERM)
    tell(right and heard == "200 hello", f"gin that opens its socket, {name}: is mended", f"{heard}\n{wrapped.said()}")


def main() -> None:
    try:
        if not NGINX.starts():
            tell(False, "nginx starts", NGINX.complaints())
            return
        listen = f"{SOCK},mode=0660,owner=games:www-data"
        serves("inherited", ["--listen", listen], [GIN, "-inherited"])
        serves("--expect", ["--expect", str(SOCK)], [GIN, str(SOCK)])
        # Of a socket that is not named beforehand no policy tells whom the umask has to let in.
        serves("found by itself", ["--umask=0007"], [GIN, str(SOCK)])
        refused("--expect", ["--expect", str(SOCK)])
        refused("found by itself", [])
        mended("--expect", ["--expect", str(SOCK)])
        mended("found by itself", ["--umask=0007"])
    finally:
        NGINX.stop()


main()
sys.exit(1 if failures else 0)
