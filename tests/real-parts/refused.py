#!/usr/bin/env python3
"""nginx is refused by the socket of a Gin server, and let in by what `sockctl access` proposes.

    refused.py SOCKCTL GIN SCRATCH

As root, in a mount namespace of its own: /etc is a copy there, for a user and a group membership
are added to it. Prints a line for each thing tried (ok, not ok) and exits with 1 when anything
failed.
"""

import json
import os
import pathlib
import pwd
import shutil
import subprocess
import sys

from front import PATIENCE, Front

SOCKCTL, GIN, SCRATCH = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
APP = SCRATCH / "app"
SOCK = APP / "gin.sock"
NGINX = Front(SOCKCTL, SCRATCH, SOCK)
STRANGERS = ("nobody", "games")

failures = 0


def tell(passed: bool, name: str, detail: object = "") -> None:
    global failures
    print(f"{'ok' if passed else 'not ok'} gin that refuses nginx: {name}")
    if not passed:
        failures += 1
        for line in str(detail).splitlines():
            print(f"  | {line}")


def own_etc() -> None:
    """What is changed in it is gone with this namespace."""
    copy = SCRATCH / "etc"
    copy.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", copy], check=True)
    shutil.copytree("/etc", copy, symlinks=True, dirs_exist_ok=True)
    subprocess.run(["mount", "--bind", copy, "/etc"], check=True)


def server() -> "subprocess.Popen[bytes]":
    """Gin as its own user, who lets the group in and nobody else."""
    subprocess.run(["useradd", "--system", "--user-group", "--no-create-home", "app"], check=True)
    APP.mkdir()
    shutil.chown(APP, "app", "app")
    APP.chmod(0o750)
    return subprocess.Popen(
        [GIN, str(SOCK)], user="app", group="app", extra_groups=[], umask=0o117, stdin=subprocess.DEVNULL
    )


def gets_in(name: str) -> bool:
    """Whether a new process of this user can really connect."""
    user = pwd.getpwnam(name)
    groups = os.getgrouplist(name, user.pw_gid)
    probe = [SOCKCTL, "probe", str(SOCK)]
    return not subprocess.run(
        probe, user=user.pw_uid, group=user.pw_gid, extra_groups=groups, capture_output=True
    ).returncode


def access(user: str, form: str) -> tuple[int, str]:
    command = [SOCKCTL, "access", "--format", form, "--user", user, str(SOCK)]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stdout


def refusal() -> list[str]:
    """That www-data is refused is said with the step that does it; the first proposal's lines."""
    status, text = access("www-data", "human")
    decides = [line for line in text.splitlines() if line.endswith("<- decides")]
    named = len(decides) == 1 and decides[0].split()[:2] == ["no", "x"] and str(APP) in decides[0].split()
    tell(status == 1 and named, "access names the directory that decides", f"{status}\n{text}")

    status, text = access("www-data", "json")
    answer = json.loads(text)["answers"][0]
    refused = [(step["path"], step["need"]) for step in answer["steps"] if not step["allowed"]]
    right = status == 1 and not answer["connect"] and refused[:1] == [(str(APP), "x")]
    tell(right, "access names it in JSON too", f"{status}\n{text}")
    first = answer["fixes"][0]
    tell(not first["lets_in"], "the first proposal lets nobody else in", first)
    return first["commands"]


def restart_is_told() -> bool:
    """Whether it says, with the first proposal, that nginx has to be started again."""
    _, text = access("www-data", "human")
    proposals = text.partition("the least change first:\n")[2]
    lines = proposals.splitlines()
    # What is said of a proposal stands below its lines, and further in.
    second = next((at for at, line in enumerate(lines) if at > 1 and not line.startswith("   ")), len(lines))
    return "started again" in " ".join(" ".join(lines[:second]).split())


def story() -> None:
    heard = NGINX.answer()
    log = NGINX.log.read_text()
    right = heard == "502" and "(13: Permission denied)" in log
    tell(right, "nginx answers 502 and logs 13: Permission denied", f"{heard}\n{log}")
    for name in STRANGERS:
        tell(not gets_in(name), f"{name} cannot connect before", SOCK)

    commands = refusal()
    restart = restart_is_told()
    for command in commands:
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
        tell(done.returncode == 0, f"what is proposed can be done: {command.split()[0]}", f"{command}\n{done.stderr}")
    if restart:
        # Else the user would have been sent for nothing.
        tell(NGINX.answer() == "502", "what runs stays as it was, as the proposal says")
        NGINX.stop()
        tell(NGINX.starts(), "nginx starts again", NGINX.complaints())

    heard = NGINX.answer()
    tell(heard == "200 hello", "nginx answers 200 after it", f"{heard}\n{NGINX.log.read_text()}")
    status, text = access("www-data", "json")
    tell(status == 0 and json.loads(text)["answers"][0]["connect"], "access says yes now", text)
    for name in STRANGERS:
        status, text = access(name, "json")
        tell(status == 1 and not gets_in(name), f"{name} cannot connect afterwards", text)


def main() -> None:
    own_etc()
    gin = server()
    try:
        wait = [SOCKCTL, "probe", f"--wait={PATIENCE}s", str(SOCK)]
        listens = subprocess.run(wait, stdout=subprocess.DEVNULL).returncode == 0
        state = SOCK.stat() if listens else None
        tell(bool(state and state.st_mode & 0o777 == 0o660), "it listens at 0660", state)
        if NGINX.starts():
            story()
        else:
            tell(False, "nginx starts", NGINX.complaints())
    finally:
        NGINX.stop()
        gin.terminate()
        gin.wait()


main()
sys.exit(1 if failures else 0)
