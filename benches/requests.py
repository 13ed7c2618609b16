#!/usr/bin/env python3
"""Load two servers in turn and print what they answer in a second, and the ratio.

    requests.py REQUESTS A B        REQUESTS is benches/requests.c, built; A and B are sockets
"""

import statistics
import subprocess
import sys

ROUNDS, SECONDS = 15, 1

program, *paths = sys.argv[1:]
rates: list[list[float]] = [[], []]
for turn in range(ROUNDS):
    # Whoever comes second may find a warmer machine.
    for side in (0, 1) if turn % 2 else (1, 0):
        words = [program, "load", paths[side], str(SECONDS)]
        rates[side].append(float(subprocess.run(words, check=True, capture_output=True).stdout))
print(f"requests per second ({ROUNDS} rounds)")
for name, path, rate in zip("AB", paths, rates):
    print(f"  {name} {statistics.median(rate):9.0f}  ({min(rate):.0f} .. {max(rate):.0f})  {path}")
ratio = statistics.median(a / b for a, b in zip(*rates))
print(f"  A/B {ratio:.3f}  (median of the rounds' ratios)")
