#!/usr/bin/env python3
"""await.py PATH PID [SECONDS]: wait until PATH takes connections, while PID lives."""

import os
import socket
import sys
import time


def takes_connections(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        try:
            client.connect(path)
        except OSError:
            return False
    return True


def main() -> int:
    path, pid = sys.argv[1], int(sys.argv[2])
    deadline = time.monotonic() + float(sys.argv[3] if len(sys.argv) > 3 else 30)
    pause = 0.01
    while not takes_connections(path):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            print(f"process {pid} ended before {path} took connections", file=sys.stderr)
            return 1
        if time.monotonic() > deadline:
            print(f"{path} takes no connections", file=sys.stderr)
            return 1
        time.sleep(pause)
        pause = min(pause * 2, 0.5)
    return 0


sys.exit(main())
