#!/usr/bin/env python3
"""Runs two commands in turn and tells how much of the first one's time the second one takes.

usage: walk-pairs.py ROUNDS COMMAND -- COMMAND

Each round runs both, so that whatever else the host does slows both alike; the ratio told is the
median of the rounds' ratios. Their output is thrown away.
"""

import os
import shutil
import statistics
import subprocess
import sys
import time


def run(command):
    """Wall time in seconds."""
    quiet = [(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)]
    begin = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, os.environ, file_actions=quiet)
    _, status = os.waitpid(pid, 0)
    elapsed = time.perf_counter() - begin
    # Findings are an answer, not a failure.
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(f"{command[0]} failed: {os.waitstatus_to_exitcode(status)}")
    return elapsed


def resident(command):
    """The most memory resident, in MiB, where GNU time is there to tell.

    A child of ours would inherit our own peak.
    """
    gnu_time = shutil.which("time")
    if gnu_time is None:
        return "unknown"
    told = subprocess.run(
        [gnu_time, "-q", "-f", "%M", *command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    return f"{int(told.stderr.split()[-1]) / 1024:.1f} MiB"


def main():
    rounds = int(sys.argv[1])
    middle = sys.argv.index("--")
    first, second = sys.argv[2:middle], sys.argv[middle + 1 :]
    for command in (first, second):
        run(command)
    pairs = [(run(first), run(second)) for _ in range(rounds)]
    ratios = sorted(ours / theirs for theirs, ours in pairs)
    theirs, ours = (1000 * statistics.median(times) for times in zip(*pairs))
    print(
        f"{theirs:9.2f} ms {ours:9.2f} ms"
        f"   ratio {statistics.median(ratios):.2f}"
        f" ({ratios[0]:.2f} to {ratios[-1]:.2f}, {rounds} rounds)"
        f"   {resident(second)} resident"
    )


main()
