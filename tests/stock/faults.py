"""Faults: what is planted, and exactly what is found because of it.

Each is a function that is given a scene; what is undone after it stands there. What it adds to
the findings of an audit, at low and above, is what its line says, and nothing else.
"""

import glob
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from asked import answer, shown, skipped, tell
from scene import Scene

# What is always served here.
ANYWHERE = "/run/systemd/private"
PHP = next(iter(glob.glob("/run/php/php[0-9]*-fpm.sock")), "/run/php/php-fpm.sock")


@dataclass
class Fault:
    name: str
    needs: str
    finds: set[tuple[str, str]]
    plant: Callable[[Scene], None]
    options: tuple[str, ...]


FAULTS: list[Fault] = []


def fault(
    name: str,
    path: str,
    *codes: str,
    needs: str = "",
    paths: list[str] | None = None,
    options: tuple[str, ...] = (),
) -> Callable[[Callable[[Scene], None]], None]:
    """`codes` are found on `path`, or on all of `paths`, by an audit with `options`; `needs` is
    the socket that has to be served for it, where that is another one."""

    def add(plant: Callable[[Scene], None]) -> None:
        finds = {(code, each) for code in codes for each in paths or [path]}
        FAULTS.append(Fault(name, needs or path, finds, plant, options))

    return add


def found(options: tuple[str, ...]) -> dict[tuple[str, str], dict]:
    _, report = answer("audit", *options)
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
        before = found(each.options)
        try:
            with Scene() as scene:
                each.plant(scene)
                during = found(each.options)
        except (OSError, subprocess.CalledProcessError) as error:
            tell(False, name, f"{error}\n{getattr(error, 'stderr', '')}")
            continue
        new = {key: finding for key, finding in during.items() if key not in before}
        tell(new.keys() == each.finds, name, f"wanted {each.finds}\n{shown(list(new.values()))}")
