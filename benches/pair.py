#!/usr/bin/env python3
"""Run two commands in turn (A B A B ...) and print their medians and the ratio of A to B.

What else the machine does then falls on both. Output of the commands is thrown away; an exit
status over --status is an error. Each command is one argument, split as a shell would, and run
without one.
"""

import argparse
import os
import pathlib
import resource
import shlex
import statistics
import sys
import time


def run(words: list[str], worst_status: int) -> tuple[float, int]:
    """Wall time in seconds and the largest resident set in KiB."""
    begin = time.perf_counter()
    null = (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)
    pid = os.posix_spawnp(words[0], words, os.environ, file_actions=[null])
    _, status, usage = os.wait4(pid, 0)
    elapsed = time.perf_counter() - begin
    code = os.waitstatus_to_exitcode(status)
    if not 0 <= code <= worst_status:
        sys.exit(f"pair.py: exit status {code} from {shlex.join(words)}")
    return elapsed, usage.ru_maxrss


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=21, help="pairs that count")
    parser.add_argument("--warmup", type=int, default=2, help="pairs before them")
    parser.add_argument("--status", type=int, default=1, help="the highest exit status that is fine")
    parser.add_argument("--remove", action="append", default=[], help="a file that goes before each run")
    parser.add_argument("title")
    parser.add_argument("a")
    parser.add_argument("b")
    options = parser.parse_args()

    commands = [shlex.split(options.a), shlex.split(options.b)]
    times: list[list[float]] = [[], []]
    peaks = [0, 0]
    for turn in range(options.warmup + options.runs):
        for side, words in enumerate(commands):
            for path in options.remove:
                pathlib.Path(path).unlink(missing_ok=True)
            elapsed, peak = run(words, options.status)
            if turn >= options.warmup:
                times[side].append(elapsed)
                peaks[side] = max(peaks[side], peak)

    # A child's peak begins at what this process had when it started it.
    floor = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{options.title} ({options.runs} pairs)")
    for name, words, taken, peak in zip("AB", commands, times, peaks):
        median, low, high = (f(taken) * 1000 for f in (statistics.median, min, max))
        memory = f"{peak / 1024:.1f} MiB" if peak > floor else f"under {floor / 1024:.0f} MiB"
        print(f"  {name} {median:9.2f} ms  ({low:.2f} .. {high:.2f}, {memory})  {shlex.join(words)}")
    ratios = [a / b for a, b in zip(*times)]
    print(f"  A/B {statistics.median(ratios):.2f}  (median of the pairs' ratios)")


main()
