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


Findings = dict[tuple[str, str], dict]


def found(options: tuple[str, ...]) -> Findings:
    _, report = answer("audit", *options)
    return {(each["code"], each["path"]): each for each in report["findings"] if each["severity"] != "info"}


def mended(new: Findings, options: tuple[str, ...]) -> tuple[set[tuple[str, str]], str]:
    """Which of them are to go by the lines that they propose, and what went wrong with that."""
    by_line = {key for key, finding in new.items() if finding["fix"]}
    wrong = []
    for line in sorted({new[key]["fix"] for key in by_line}):
        done = subprocess.run(["sh", "-c", line], capture_output=True, text=True)
        if done.returncode != 0:
            wrong.append(f"{line}: {done.stderr}")
    left = found(options)
    wrong += [f"after {new[key]['fix']}: {shown([left[key]])}" for key in by_line & left.keys()]
    return by_line, "\n".join(wrong)


def judge(each: Fault) -> None:
    codes = " and ".join(sorted({code for code, _ in each.finds}))
    name = f"fault: {each.name} is found as {codes}"
    before = found(each.options)
    try:
        with Scene() as scene:
            each.plant(scene)
            during = found(each.options)
            new = {key: finding for key, finding in during.items() if key not in before}
            by_line, wrong = mended(new, each.options)
    except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
        tell(False, name, f"{error}\n{getattr(error, 'stderr', '')}")
        return
    tell(new.keys() == each.finds, name, f"wanted {each.finds}\n{shown(list(new.values()))}")
    if by_line:
        tell(not wrong, f"fault: {each.name} is mended by the lines proposed", wrong)


def plant_all(here: set[str], words: list[str]) -> None:
    """Those whose server is here, one after the other."""
    before = found(())
    for each in FAULTS:
        if words and not any(word in each.name for word in words):
            continue
        if each.needs in here:
            judge(each)
        else:
            skipped(f"fault: {each.name}", f"{each.needs} is not served here")
    left = {key: finding for key, finding in found(()).items() if key not in before}
    tell(not left, "what was planted is gone again", shown(list(left.values())))
