"""What is done for one fault, and undone after it in the opposite order."""

import contextlib
import os
import pathlib
import pwd
import shutil
import socket
import stat
import subprocess

from asked import SOCKCTL

HERE = pathlib.Path(__file__).parent
SITE = pathlib.Path("/etc/sockctl/policy.d/site.yaml")


def do(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)


class Scene(contextlib.ExitStack):
    def policy(self, text: str) -> None:
        """What the site itself says, on top of what is inside the program."""
        SITE.parent.mkdir(parents=True, exist_ok=True)
        SITE.write_text("version: 1\n" + text)
        self.callback(SITE.unlink)

    def run(self, words: str, undo: str) -> None:
        do(*words.split())
        self.callback(do, *undo.split())

    def chmod(self, path: str, mode: int) -> None:
        before = stat.S_IMODE(os.stat(path).st_mode)
        os.chmod(path, mode)
        self.callback(os.chmod, path, before)

    def chown(self, path: str, user: str | None = None, group: str | None = None) -> None:
        before = os.stat(path)
        shutil.chown(path, user, group)
        self.callback(os.chown, path, before.st_uid, before.st_gid)

    def acl(self, path: str, entry: str) -> None:
        """An entry more; afterwards the mode says all again."""
        before = stat.S_IMODE(os.stat(path).st_mode)
        do("setfacl", "--modify", entry, path)
        self.callback(os.chmod, path, before)
        self.callback(do, "setfacl", "--remove-all", path)

    def directory(self, path: str, user: str) -> None:
        os.mkdir(path, 0o755)
        shutil.chown(path, user, user)
        self.callback(os.rmdir, path)

    def link(self, path: str, target: str) -> None:
        os.symlink(target, path)
        self.callback(os.unlink, path)

    def aside(self, path: str) -> None:
        """Out of the way, under another name beside it."""
        os.rename(path, path + ".aside")
        self.callback(os.rename, path + ".aside", path)

    def unlink(self, path: str, unit: str) -> None:
        """The file of a socket that its server goes on listening on."""
        os.unlink(path)
        self.callback(self.listens, path)
        self.callback(do, "systemctl", "restart", unit)

    def stopped(self, path: str, *units: str) -> None:
        """Nobody serves at this path any more."""
        do("systemctl", "stop", *units)
        self.callback(self.listens, path)
        self.callback(do, "systemctl", "start", *units)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)

    def listens(self, path: str) -> None:
        do(SOCKCTL, "probe", "--silent", "--wait=30s", path)

    def serve(
        self, path: str, user: str = "root", mode: int = 0o600, kind: str = "stream", backlog: int = 16
    ) -> "subprocess.Popen[str]":
        """Somebody listens there until the end."""
        who = pwd.getpwnam(user)
        server = subprocess.Popen(
            ["python3", str(HERE / "planted.py"), kind, str(backlog), path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            user=who.pw_uid,
            group=who.pw_gid,
            extra_groups=[],
            umask=0o777 & ~mode,
        )
        self.enter_context(server)
        assert server.stdin and server.stdout
        self.callback(server.stdin.close)
        if not path.startswith("@"):
            self.callback(pathlib.Path(path).unlink, missing_ok=True)
        if server.stdout.readline() != "ready\n":
            raise RuntimeError(f"nobody listens on {path}")
        return server

    def gunicorn(self, path: str) -> None:
        """As it comes, which is under umask 0."""
        server = subprocess.Popen(
            ["gunicorn", "--bind", f"unix:{path}", "--worker-tmp-dir", "/tmp", "app:app"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=HERE,
        )
        self.enter_context(server)
        self.callback(server.terminate)
        self.listens(path)

    def fill(self, path: str) -> None:
        """Clients until there is no more room for one."""
        for _ in range(1000):
            client = self.enter_context(socket.socket(socket.AF_UNIX))
            client.setblocking(False)
            try:
                client.connect(path)
            except BlockingIOError:
                return
        raise RuntimeError(f"{path} takes every client")
