#!/usr/bin/env python3
"""guest.py [FAULT...]: what sockctl says of Debian's servers. Runs in the booted system.

With words, only the planted faults whose names have one of them. Prints one line for each thing
tried.
"""

import glob
import pathlib
import subprocess
import sys

import asked
import faults
import lives  # noqa: F401 # its faults
import rights  # noqa: F401 # its faults
from asked import answer, ask, is_serious, shown, skipped, tell
from scene import Scene

HERE = pathlib.Path(__file__).parent
DOCKER = "/run/docker.sock"
# By their packages, some units that make their sockets themselves.
UNITS = {"redis-server": "redis-server", "haproxy": "haproxy", "supervisor": "supervisor", "docker.io": "docker"}


def shipped() -> list[tuple[str, list[str]]]:
    """Each package with the patterns of its sockets."""
    rows = []
    for line in (HERE / "packages").read_text().splitlines():
        if line and not line.startswith("#"):
            package, sockets, *_ = line.split()
            rows.append((package, [] if sockets == "-" else sockets.split(",")))
    return rows


def journal() -> str:
    failed = ["systemctl", "--failed", "--no-pager", "--plain"]
    last = ["journalctl", "--no-pager", "-n", "20", "-p", "warning"]
    return "\n".join(subprocess.run(words, capture_output=True, text=True).stdout for words in (failed, last))


def running() -> dict[str, list[str]]:
    """The sockets of each package that is here, once somebody is bound to them."""
    missing = pathlib.Path("/etc/stock.missing").read_text().split()
    sockets: dict[str, list[str]] = {}
    for package, patterns in shipped():
        if package in missing:
            skipped(package, "cannot be installed here")
            continue
        for pattern in patterns:
            for path in glob.glob(pattern) or [pattern]:
                # It may still be starting.
                done = ask("probe", "--silent", "--wait=30s", path)
                if done.returncode == 0:
                    sockets.setdefault(package, []).append(path)
                else:
                    tell(False, f"{package} listens on {path}", f"{done.stdout}{done.stderr}{journal()}")
    return sockets


def judged(sockets: dict[str, list[str]]) -> dict:
    """Nothing at medium or above is said of what the packages ship; the report."""
    status, report = answer("audit")
    facts = {entry["path"]: entry for entry in report["sockets"]}
    findings = [each for each in report["findings"] if is_serious(each)]
    for package, paths in sockets.items():
        for path in paths:
            about = [each for each in findings if each["path"] == path]
            entry = facts.get(path)
            was = f"{entry['mode']} {entry['owner']}:{entry['group']}" if entry else "not in the report"
            quiet = bool(entry) and entry["state"] == "live" and not about
            tell(quiet, f"{package} ({was} {path}) is live and quiet", f"{entry}\n{shown(about)}")
    named = {path for paths in sockets.values() for path in paths}
    rest = [each for each in findings if each["path"] not in named]
    tell(not rest, f"the other sockets ({len(facts.keys() - named)}) are quiet", shown(rest))
    tell(status == 0, "audit exits with 0", f"it was {status}\n{shown(findings)}")
    _, abstract = answer("audit", "--abstract")
    known = {each["path"] for each in findings}
    more = [each for each in abstract["findings"] if is_serious(each) and each["path"] not in known]
    tell(not more, "the abstract sockets are quiet", shown(more))
    return report


def explained(report: dict) -> None:
    """Of each socket that everyone can connect to, a policy says why."""
    everyone, silent = [], []
    for entry in report["sockets"]:
        path = entry["path"]
        status, who = answer("access", path)
        if status != 0 or not who["connect"]["everyone"]:
            continue
        everyone.append(path)
        _, policy = answer("policy", "explain", path)
        world = [key for key in policy["keys"] if key["key"] == "world" and key["value"] == "allow"]
        rule = world[0]["rule"] if world else None
        if not any(note.startswith(f"{rule} because ") for note in policy["notes"]):
            silent.append(path)
    explains = bool(everyone) and not silent
    tell(explains, f"policy explain says why everyone may connect to {len(everyone)} sockets", "\n".join(silent))


def docker() -> None:
    """Who can speak to the engine, and so is root."""

    def connect() -> tuple[object, ...]:
        _, who = answer("access", DOCKER)
        return tuple(who["connect"][key] for key in ("everyone", "users", "groups"))

    if not pathlib.Path(DOCKER).is_socket():
        return
    before = connect()
    tell(before == (False, ["root"], ["docker"]), "root and the group docker reach docker.sock", before)
    status, who = answer("access", "--user", "www-data", DOCKER)
    first = who["answers"][0]["fixes"][0]
    refused = status == 1 and first["commands"] == ["usermod -aG docker www-data"] and first["durable"]
    tell(refused, "www-data does not, and would in the group docker", who["answers"])
    subprocess.run(["usermod", "-aG", "docker", "games"], check=True)
    during = connect()
    status, _ = answer("access", "--user", "games", DOCKER)
    subprocess.run(["gpasswd", "--delete", "games", "docker"], check=True, capture_output=True)
    named = during == (False, ["root", "games"], ["docker"]) and status == 0
    tell(named, "games does once it is in the group docker", (status, during))
    tell(connect() == before, "and no longer when it has left it", connect())


def drafted(sockets: dict[str, list[str]]) -> None:
    """A policy that is written from what is there finds nothing, also when servers were started
    again; and it finds what has changed."""
    draft = "/root/draft.yaml"
    done = ask("policy", "init", "--no-builtin", "--output", draft)
    tell(done.returncode == 0, "policy init describes what is there", done.stderr)

    def finds() -> list[dict]:
        _, report = answer("audit", "--no-builtin", "--policy", draft)
        return report["findings"]

    tell(not finds(), "an audit with that policy alone finds nothing", shown(finds()))
    again = UNITS.keys() & sockets.keys()
    subprocess.run(["systemctl", "restart", *(UNITS[package] for package in again)], check=True)
    for path in (path for package in again for path in sockets[package]):
        ask("probe", "--silent", "--wait=30s", path)
    tell(not finds(), "nor when servers were started again", shown(finds()))
    if not pathlib.Path(DOCKER).is_socket():
        return
    with Scene() as scene:
        scene.chmod(DOCKER, 0o666)
        found = {each["code"] for each in finds() if each["path"] == DOCKER}
    tell({"mode-too-wide", "world-connectable"} <= found, "but what has changed", found)


def main() -> None:
    words = sys.argv[1:]
    sockets = running()
    if not words:
        report = judged(sockets)
        explained(report)
        docker()
        drafted(sockets)
    here = {path for paths in sockets.values() for path in paths}
    faults.plant_all(here, words)


main()
sys.exit(1 if asked.failures else 0)
